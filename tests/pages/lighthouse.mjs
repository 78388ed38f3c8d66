// Lighthouse on a phone and on a desktop. Performance is the median of several runs, or not asked for: on a busy machine
// it measures the neighbours.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CHROMIUM, FLAGS } from './browser.mjs';

const require = createRequire(import.meta.url);
const cli = join(dirname(require.resolve('lighthouse/package.json')), 'cli/index.js');

async function run(url, form, categories) {
  const folder = await mkdtemp(join(tmpdir(), 'kimberlite-lighthouse-'));
  try {
    const file = join(folder, 'report.json');
    const command = [
      cli, url, '--quiet', '--output=json', `--output-path=${file}`, `--only-categories=${categories.join(',')}`,
      '--no-enable-error-reporting', '--disable-full-page-screenshot', '--max-wait-for-load=45000',
      ...(form === 'desktop' ? ['--preset=desktop'] : []),
      `--chrome-flags=--headless ${FLAGS.join(' ')} --user-data-dir=${join(folder, 'profile')}`,
    ];
    await new Promise((resolve, reject) =>
      execFile(process.execPath, command, { env: { ...process.env, CHROME_PATH: CHROMIUM }, timeout: 180_000 },
        (error, _, stderr) => (error ? reject(new Error(`lighthouse failed: ${stderr || error}`)) : resolve())));
    return JSON.parse(await readFile(file, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const score = (result, category) => Math.round((result.categories[category]?.score ?? 0) * 100);

export async function checkLighthouse(pages, forms, { performance }, report) {
  const categories = ['accessibility', 'best-practices', 'seo', ...(performance ? ['performance'] : [])];
  for (const page of pages) {
    for (const form of forms) {
      const results = [];
      for (let i = 0; i < (performance ? 3 : 1); ++i) results.push(await run(page.url, form, categories));
      results.sort((a, b) => score(a, 'performance') - score(b, 'performance'));
      const median = results[results.length >> 1];
      const problems = median.runtimeError ? [median.runtimeError.message] : [];
      for (const category of categories) {
        if (score(median, category) === 100) continue;
        const reasons = median.categories[category].auditRefs
          .filter((ref) => ref.weight > 0 && median.audits[ref.id].score !== null && median.audits[ref.id].score < 1)
          .map((ref) => `${ref.id} ${median.audits[ref.id].score} ${median.audits[ref.id].displayValue ?? ''}`);
        problems.push(`${category} ${score(median, category)}: ${reasons.join('; ')}`);
      }
      const scores = categories.map((category) => `${category} ${score(median, category)}`).join(', ');
      report('lighthouse', page.url, `${scores}, ${form}`, problems);
    }
  }
}
