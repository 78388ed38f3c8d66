// Checks pages: `check.mjs [--full] < pages.json`.
//
// pages.json: [{"url", "kind", "status", "indexed", "lighthouse"?}]. --full adds Lighthouse's performance and both forms.
// One line per check; what is wrong is listed below it. Exit code 1 when anything is.
import { text } from 'node:stream/consumers';
import { checkAccess } from './access.mjs';
import { checkContract } from './contract.mjs';
import { checkHtml } from './html.mjs';
import { checkLighthouse } from './lighthouse.mjs';

const full = process.argv.includes('--full');
const pages = JSON.parse(await text(process.stdin));
if (!pages.length) throw new Error('no pages to check');
let checks = 0;
let failed = 0;

function report(check, url, what, problems) {
  ++checks;
  if (problems.length) ++failed;
  console.log(`${problems.length ? 'WRONG' : 'ok   '} ${check.padEnd(10)} ${decodeURI(new URL(url).pathname)}: ${what}`);
  for (const problem of problems) console.log(`        ${problem}`);
}

await checkContract(pages, report);
await checkHtml(pages, report);
await checkAccess(pages, report);
await checkLighthouse(pages.filter((page) => page.lighthouse), full ? ['mobile', 'desktop'] : ['mobile'], { performance: full }, report);
console.log(`${checks} checks of ${pages.length} pages, ${failed} wrong`);
process.exit(failed ? 1 : 0);
