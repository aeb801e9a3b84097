import { type GroundTruthOptions, startGroundTruth } from './server.ts';

/** Runs a ground-truth server as a process of its own: options as JSON in argv, the URL on the first line of stdout. */
const options = JSON.parse(process.argv[2] ?? '{}') as GroundTruthOptions;
const server = await startGroundTruth(options);
process.stdout.write(`${server.url}\n`);

const stop = async (): Promise<void> => {
  await server.close();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The parent holds stdin open; when it is gone, so is this process.
process.stdin.once('end', stop).once('close', stop).resume();
