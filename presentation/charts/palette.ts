interface Shade {
  readonly light: string;
  readonly dark: string;
}

/**
 * Every colour of the report's charts, for light and dark paper. Series colours follow Okabe & Ito (2008) and the
 * stacked-bar colours P. Tol's "muted" scheme, both made for colour-blind readers; each is shifted where its contrast with
 * the paper would fall below 3:1. Shape or position always says the same as the colour.
 */
export const INKS = {
  paper: { light: '#ffffff', dark: '#15181c' },
  text: { light: '#30363d', dark: '#c9d1d9' },
  quiet: { light: '#6a737d', dark: '#8b949e' },
  grid: { light: '#e4e7eb', dark: '#2b3138' },
  p50: { light: '#0072b2', dark: '#56b4e9' },
  p95: { light: '#c25700', dark: '#f0913a' },
  p99: { light: '#9a3f78', dark: '#d98fbd' },
  good: { light: '#00805d', dark: '#2fc79a' },
  bad: { light: '#c8371b', dark: '#ff7b61' },
  limit: { light: '#30363d', dark: '#e6edf3' },
  offered: { light: '#cfd6dd', dark: '#3a424b' },
  ramp1: { light: '#123f6b', dark: '#86b6f0' },
  ramp2: { light: '#1c7293', dark: '#55c3d6' },
  ramp3: { light: '#1f8a70', dark: '#5fd3a3' },
  ramp4: { light: '#7d7f12', dark: '#cfd45a' },
  ramp5: { light: '#b86400', dark: '#f2a541' },
  ramp6: { light: '#b3261e', dark: '#ff8573' },
  compute: { light: '#3b4ba3', dark: '#8392e8' },
  llm: { light: '#b9506a', dark: '#e0839a' },
  gpu: { light: '#2f8f80', dark: '#5cc7b6' },
  storage: { light: '#2c7fa8', dark: '#88ccee' },
  network: { light: '#85852b', dark: '#c8c865' },
  people: { light: '#7b8087', dark: '#9aa1a9' },
  operations: { light: '#a8741a', dark: '#ddb45f' },
  voice: { light: '#8b3f8b', dark: '#cf8ccf' },
} as const satisfies Record<string, Shade>;

/** Name of a colour, whatever paper it is on. */
export type Ink = keyof typeof INKS;
const NAMES = Object.keys(INKS) as Ink[];

/** Inks of marks that carry a figure: these must stand out from the paper. */
export const MARK_INKS: readonly Ink[] = NAMES.filter((ink) => !['paper', 'grid', 'offered'].includes(ink));

const variables = (shade: keyof Shade): string =>
  NAMES.map((ink) => `--ink-${ink}:${INKS[ink][shade]}`).join(';');

/** CSS variables of one shade, and the classes that use them. */
export const inkVariables = { light: variables('light'), dark: variables('dark') };
/** A class to fill and one to stroke with each ink. */
export const INK_CLASSES = NAMES.map(
  (ink) => `.fill-${ink}{fill:var(--ink-${ink})}.stroke-${ink}{stroke:var(--ink-${ink})}`,
).join('\n');
