/** Compiles to dist/ and copies the data files that the code reads beside itself. Run: npm run build */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';

const ASSETS = [
  'scenarios/**/*.{yaml,json}',
  'scenarios/scripts/**/*.js',
  // k6 runs TypeScript itself.
  'scenarios/k6/*.ts',
  'runtime/**/*.{proto,json,gguf}',
  'runtime/inference/model/MODEL_CARD.md',
];

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
for (const file of globSync(ASSETS)) cpSync(file, `dist/${file}`);
