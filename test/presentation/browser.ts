import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';

const CANDIDATES = [
  process.env.BUSYHOUR_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** The machine's own Chromium; tests that need it say so where it is missing. */
export const CHROMIUM = CANDIDATES.find((path) => path !== undefined && existsSync(path));
export const NO_CHROMIUM = 'no Chromium on this machine (BUSYHOUR_CHROMIUM names one)';

/** Starts it without a window. The caller closes it. */
export const launchBrowser = (): Promise<Browser> =>
  puppeteer.launch({
    executablePath: CHROMIUM ?? '',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
