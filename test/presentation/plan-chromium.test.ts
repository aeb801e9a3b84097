import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffPlans } from '../../planner/index.ts';
import { buildPlanDiffReport } from '../../presentation/plan-diff/report.ts';
import { renderHtml } from '../../presentation/render-html.ts';
import { writeReport } from '../../presentation/write-report.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { CHROMIUM, launchBrowser, NO_CHROMIUM } from './browser.ts';
import { cpuResult } from './fixtures.ts';
import { fullPlan } from './plan-fixtures.ts';

const DESK = { width: 1280, height: 900, deviceScaleFactor: 1 };
const PHONE = { width: 360, height: 740, deviceScaleFactor: 2, isMobile: true };

interface LayoutFaults {
  readonly widerPx: number;
  readonly faults: readonly string[];
}

const LAYOUT_FAULTS = readFileSync(new URL('./layout-faults.js', import.meta.url), 'utf8');

/** A plan of the same modes with more replicas, dearer lines and another demand. */
function grownPlan(plan: PlanFile): PlanFile {
  return {
    ...plan,
    createdAtUnixMs: plan.createdAtUnixMs + 86_400_000,
    demand: {
      ...plan.demand,
      figures: plan.demand.figures.map((figure) => ({ ...figure, value: figure.value * 2 })),
    },
    modes: plan.modes.map((mode) =>
      mode.kind === 'refused'
        ? mode
        : {
            ...mode,
            tiers: mode.tiers.map((tier) => ({ ...tier, replicas: tier.replicas * 2 })),
            costLines: mode.costLines.map((line) => ({
              ...line,
              quantity: line.quantity * 2,
              usdPerMonth: line.usdPerMonth * 2,
            })),
            usdPerMonth: mode.usdPerMonth * 2,
          },
    ),
  };
}

describe.skipIf(CHROMIUM === undefined)(`pages of a plan in Chromium (${CHROMIUM ?? NO_CHROMIUM})`, () => {
  // BUSYHOUR_SCREENSHOTS keeps the pictures for people to look at.
  const kept = process.env.BUSYHOUR_SCREENSHOTS;
  const folder =
    kept === undefined ? mkdtempSync(join(tmpdir(), 'busyhour-plan-pages-')) : join(kept, 'plan');
  let browser: Browser;

  beforeAll(async () => {
    const plan = fullPlan();
    unwrap(writeReport(folder, { results: [cpuResult()], plan }));
    const diff = diffPlans(
      { name: 'main/plan.json', plan },
      { name: 'branch/plan.json', plan: grownPlan(plan) },
    );
    unwrap(writeFileAtomic(join(folder, 'plan-diff.html'), renderHtml(buildPlanDiffReport(diff))));
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function open(file: string, viewport: typeof DESK, scheme: 'light' | 'dark' = 'light') {
    const page: Page = await browser.newPage();
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport(viewport);
    await page.goto(pathToFileURL(join(folder, file)).href);
    return { page, requests, complaints };
  }

  it.each([
    ['report', 'desk', DESK, 'light'],
    ['report', 'desk-dark', DESK, 'dark'],
    ['report', 'phone', PHONE, 'light'],
    ['plan-diff', 'desk', DESK, 'light'],
    ['plan-diff', 'phone', PHONE, 'light'],
  ] as const)(
    '%s on %s: draws, asks nothing of the network, nothing sticks out or overlaps',
    async (file, name, viewport, scheme) => {
      const { page, requests, complaints } = await open(`${file}.html`, viewport, scheme);
      const path = join(folder, `${file}-${name}.png`) as `${string}.png`;
      await page.screenshot({ path, fullPage: true });
      expect(statSync(path).size).toBeGreaterThan(20_000);
      expect(requests).toEqual([pathToFileURL(join(folder, `${file}.html`)).href]);
      expect(complaints).toEqual([]);
      const found = (await page.evaluate(LAYOUT_FAULTS)) as LayoutFaults;
      expect(found.faults).toEqual([]);
      expect(found.widerPx).toBeLessThanOrEqual(0);
      await page.close();
    },
  );

  it('has the charts of a plan, each with a title, words and marks', async () => {
    const { page } = await open('report.html', DESK);
    const charts = await page.$$eval('figure svg', (all) =>
      all.map((svg) => ({
        id: svg.getAttribute('aria-labelledby') ?? '',
        words: svg.querySelector('desc')?.textContent ?? '',
        marks: svg.querySelectorAll('path, rect, circle').length,
        widthPx: svg.getBoundingClientRect().width,
      })),
    );
    for (const id of [
      'break-even-modes',
      'week-0-0',
      'tornado-0-ai',
      'tornado-1-resolved',
      'replica-ranges',
      'people-0',
      'cost-machine',
    ]) {
      const chart = charts.find((each) => each.id.startsWith(`${id}-title`));
      expect(chart?.words.length, id).toBeGreaterThan(40);
      expect(chart?.marks, id).toBeGreaterThan(3);
      expect(chart?.widthPx, id).toBeGreaterThan(300);
    }
    await page.close();
  });
});
