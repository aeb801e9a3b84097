import type { Issue } from '../../vocabulary/errors.ts';

const MASK = '***';
/** A name that says that the value is a secret; `…Env` and `…File` only say where one is kept. */
const SECRET_NAME = /(secret|password|passphrase|token|apikey|authorization|credential)$/i;
/** The user part of a URL, wherever in a text it stands. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:]*):[^\s/@]+@/gi;
/** Passwords also travel as a parameter of a database URL. */
const URL_PARAMETER = /([?&](?:password|passwd|token|secret|api[_-]?key|key)=)[^&\s"]+/gi;

/** Text in which URLs carry no password. */
export const maskText = (text: string): string =>
  text.replace(URL_PASSWORD, `$1:${MASK}@`).replace(URL_PARAMETER, `$1${MASK}`);

/** Where a secret belongs, or is pasted by mistake: keys and their hashes, secrets, names of variables that hold one. */
const SECRET_PLACE =
  /(?:^|\.)(?:keys|sha256|\w*(?:Env|secret|password|passphrase|token|apiKey|authorization|credential))(?:\[\d+\])*$/;

/** A problem of a setting whose message repeats no secret. */
export const maskIssue = (issue: Issue): Issue => ({
  ...issue,
  got: SECRET_PLACE.test(issue.path) && /^["{[]/.test(issue.got) ? 'another value' : maskText(issue.got),
});

/** A copy in which secrets are masked: by the name of their field, and as passwords of URLs. */
export function maskSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return SECRET_NAME.test(name) && value !== '' ? MASK : maskText(value);
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, name));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskSecrets(inner, key)]));
}
