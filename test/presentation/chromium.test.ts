import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percentileIntervalOf } from '../../cli/report-intervals.ts';
import { writeReport } from '../../presentation/write-report.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { CHROMIUM, launchBrowser, NO_CHROMIUM } from './browser.ts';
import { cpuResult, gpuResult } from './fixtures.ts';

const DESK = { width: 1280, height: 900, deviceScaleFactor: 1 };
const PHONE = { width: 360, height: 740, deviceScaleFactor: 2, isMobile: true };

interface Opened {
  readonly page: Page;
  /** Whatever went over the network, and whatever the page complained of. */
  readonly requests: string[];
  readonly complaints: string[];
}

interface LayoutFaults {
  readonly widerPx: number;
  readonly faults: readonly string[];
}

const LAYOUT_FAULTS = readFileSync(new URL('./layout-faults.js', import.meta.url), 'utf8');

describe.skipIf(CHROMIUM === undefined)(`report.html in Chromium (${CHROMIUM ?? NO_CHROMIUM})`, () => {
  // BUSYHOUR_SCREENSHOTS keeps the pictures for people to look at.
  const folder = process.env.BUSYHOUR_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'busyhour-chromium-'));
  let browser: Browser;

  beforeAll(async () => {
    unwrap(writeReport(folder, { results: [cpuResult(), gpuResult()], intervalOf: percentileIntervalOf }));
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    if (process.env.BUSYHOUR_SCREENSHOTS === undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function open(viewport: typeof DESK, scheme: 'light' | 'dark'): Promise<Opened> {
    const page = await browser.newPage();
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport(viewport);
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    return { page, requests, complaints };
  }

  it.each([
    ['desk', DESK, 'light'],
    ['desk-dark', DESK, 'dark'],
    ['phone', PHONE, 'light'],
  ] as const)(
    '%s: draws, asks nothing of the network, complains of nothing',
    async (name, viewport, scheme) => {
      const { page, requests, complaints } = await open(viewport, scheme);
      const path = join(folder, `${name}.png`) as `${string}.png`;
      await page.screenshot({ path, fullPage: true });
      expect(statSync(path).size).toBeGreaterThan(20_000);
      expect(requests).toEqual([pathToFileURL(join(folder, 'report.html')).href]);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it('has every chart with data, a size and a title', async () => {
    const { page } = await open(DESK, 'light');
    const charts = await page.$$eval('figure svg', (all) =>
      all.map((svg) => ({
        title: svg.querySelector('title')?.textContent ?? '',
        description: svg.querySelector('desc')?.textContent ?? '',
        marks: svg.querySelectorAll('path, rect, circle').length,
        widthPx: svg.getBoundingClientRect().width,
        heightPx: svg.getBoundingClientRect().height,
      })),
    );
    expect(charts.length).toBe(14);
    for (const chart of charts) {
      expect(chart.title.length, chart.title).toBeGreaterThan(5);
      expect(chart.description.length, chart.title).toBeGreaterThan(20);
      expect(chart.marks, chart.title).toBeGreaterThan(2);
      expect(Math.min(chart.widthPx, chart.heightPx), chart.title).toBeGreaterThan(150);
    }
    await page.close();
  });

  it.each([
    ['desk', DESK],
    ['phone', PHONE],
  ] as const)(
    '%s: nothing sticks out of the page, no words of a chart lie on others or beyond its edge',
    async (_, viewport) => {
      const { page } = await open(viewport, 'light');
      const found = (await page.evaluate(LAYOUT_FAULTS)) as LayoutFaults;
      expect(found.faults).toEqual([]);
      expect(found.widerPx).toBeLessThanOrEqual(0);
      await page.close();
    },
  );

  it('says simulated on every chart of a simulated engine that it shows', async () => {
    const { page } = await open(DESK, 'light');
    const tags = await page.$$eval('#run-2 figure svg', (all) =>
      all.map((svg) => [...svg.querySelectorAll('text')].some((text) => text.textContent === 'SIMULATED')),
    );
    expect(tags.length).toBe(7);
    expect(tags).not.toContain(false);
    await page.close();
  });
});
