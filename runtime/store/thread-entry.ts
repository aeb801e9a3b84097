/** A file beside this one, in the form in which this one runs: from sources or compiled. */
export const threadEntry = (name: string): URL =>
  new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
