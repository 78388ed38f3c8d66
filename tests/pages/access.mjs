// axe-core in light and dark, wide and narrow; what the browser complains of; and whether a page can be moved sideways.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { withPage } from './browser.mjs';

const VIEWS = [
  { name: 'wide, light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'narrow, dark', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function checkAccess(pages, report) {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  for (const { name, ...view } of VIEWS) {
    await withPage({ ...view, bypassCSP: true }, async (tab) => {
      const complaints = [];
      const origin = new URL(pages[0].url).origin;
      // The page itself may be an error page; nothing that it asks for may be one.
      tab.on('response', (answer) => {
        if (answer.status() >= 400 && answer.request().resourceType() !== 'document') {
          complaints.push(`${answer.status()} ${answer.url()}`);
        }
      });
      tab.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`asks somebody else: ${url}`);
      });
      tab.on('pageerror', (error) => complaints.push(String(error)));
      for (const page of pages) {
        complaints.length = 0;
        const answer = await tab.goto(page.url, { waitUntil: 'load' });
        if (answer.status() !== page.status) complaints.push(`status ${answer.status()} instead of ${page.status}`);
        await tab.evaluate(axe + ';0');
        const found = await tab.evaluate(
          (tags) => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), TAGS);
        for (const violation of found.violations) {
          const where = violation.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ');
          complaints.push(`${violation.id}: ${violation.help} (${violation.nodes.length}) ${where}`);
        }
        const overflow = await tab.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) complaints.push(`is ${overflow} px wider than the screen`);
        report('access', page.url, `${found.violations.length} violations, ${name}`, complaints);
      }
    });
  }
}
