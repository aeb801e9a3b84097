import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sFromMs } from '../vocabulary/units.ts';

const ROOT = join(import.meta.dirname, '..');
const SAMPLE_EVERY_MS = 200;
const KIB_PER_MIB = 1024;

interface ProcessSample {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly peakRssMiB: number;
}

function readProcess(pid: number): ProcessSample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
    return { pid, parentPid: field('PPid'), command, peakRssMiB: field('VmHWM') / KIB_PER_MIB };
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
}

function descendantsOf(rootPid: number): ProcessSample[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const family = new Set([rootPid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const sample of all) {
      if (family.has(sample.parentPid) && !family.has(sample.pid)) {
        family.add(sample.pid);
        grown = true;
      }
    }
  }
  return all.filter((sample) => family.has(sample.pid));
}

/** `demo`, `serve`, `inference llama`, …: the busyhour command in a process's arguments; undefined for npm and shells. */
function nameOf(command: string): string | undefined {
  const match = /(?:busyhour\.js|cli\.ts) (demo|serve|inference)(?:.*--engine (\S+))?/.exec(command);
  if (match === null || /^(npm|sh) /.test(command)) return undefined;
  return match[2] === undefined ? match[1] : `${match[1]} ${match[2]}`;
}

interface StartRun {
  readonly secondsToReport: number;
  readonly peakRssMB: Record<string, number>;
}

async function runStart(out: string): Promise<StartRun> {
  const startedAtMs = performance.now();
  const child = spawn('npm', ['start', '--', '--out', out], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const peaks = new Map<string, number>();
  const sampler = setInterval(() => {
    for (const sample of descendantsOf(child.pid ?? 0)) {
      const name = nameOf(sample.command);
      if (name !== undefined) peaks.set(name, Math.max(peaks.get(name) ?? 0, sample.peakRssMiB));
    }
  }, SAMPLE_EVERY_MS);
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(sampler);
  if (exitCode !== 0 || !existsSync(join(out, 'report.html')))
    throw new Error(`npm start ended with ${exitCode}`);
  const rounded = [...peaks].map(([name, mib]) => [name, Math.round(mib)] as const);
  return {
    secondsToReport: Number(sFromMs(performance.now() - startedAtMs).toFixed(1)),
    peakRssMB: Object.fromEntries(rounded),
  };
}

/** Size on disk of node_modules after an install without development dependencies, in MiB. */
function measureInstallMB(folder: string): number {
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(ROOT, file), join(folder, file));
  execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const kib = execFileSync('du', ['-sk', 'node_modules'], { cwd: folder, encoding: 'utf8' }).split('\t')[0];
  return Math.round(Number(kib) / KIB_PER_MIB);
}

/** From `npm start` to the finished report, with the peak memory of each process and the size of the install. Linux only. */
export async function measureStart(): Promise<Record<string, unknown>> {
  const scratch = mkdtempSync(join(tmpdir(), 'busyhour-start-'));
  try {
    const run = await runStart(join(scratch, 'report'));
    return { ...run, installMB: measureInstallMB(scratch) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
