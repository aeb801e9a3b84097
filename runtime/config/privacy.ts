/** What is redacted before anything is kept. */
export const privacyFields = {};
