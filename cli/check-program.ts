import type { Command } from 'commander';
import { action, JSON_HELP } from './action.ts';
import { choiceOption } from './options.ts';

/** `busyhour check`: a document's figures against general laws. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .argument('<claims>', 'claims file, or one of the library')
    .description('hold the figures of a deployment guide against general laws: exit code 0 or 30')
    .option(
      '--fail-on <what>',
      'exit 30 on contradiction, or on any finding, or never',
      choiceOption('--fail-on', ['contradiction', 'any', 'never']),
      'contradiction',
    )
    .option('--markdown <file>', 'write the findings as Markdown')
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour check claims.yaml\n  busyhour check call-centre-guide --fail-on never\n  busyhour check claims.yaml --markdown findings.md --json > findings.json\n',
    )
    .action(action(async () => (await import('./commands/check.ts')).check));
}
