// The Nu HTML checker on every page, error pages included.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const jar = join(dirname(createRequire(import.meta.url).resolve('vnu-jar/package.json')), 'build/dist/vnu.jar');

function java(files) {
  const command = ['-Xss2m', '-XX:+UseSerialGC', '-jar', jar, '--errors-only', '--stdout', '--format', 'json', ...files];
  return new Promise((resolve, reject) =>
    execFile('java', command, { maxBuffer: 64 << 20 }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout).messages);
      } catch {
        reject(new Error(`the Nu HTML checker did not run: ${error}`));
      }
    }),
  );
}

export async function checkHtml(pages, report) {
  const folder = await mkdtemp(join(tmpdir(), 'kimberlite-html-'));
  try {
    // Fetched first: the checker itself refuses what is not answered with 200.
    const files = [];
    for (const [index, page] of pages.entries()) {
      const answer = await fetch(page.url);
      files.push(join(folder, `${index}.html`));
      await writeFile(files[index], await answer.text());
    }
    const messages = await java(files);
    for (const [index, page] of pages.entries()) {
      const own = messages.filter((message) => message.url?.endsWith(files[index]) || !message.url);
      report('html', page.url, `${own.length} errors`,
        own.map((message) => `line ${message.lastLine}:${message.lastColumn} ${message.message}`));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
