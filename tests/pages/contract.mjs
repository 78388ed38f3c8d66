// What every page owes to browsers, search engines and networks: weight, codings, conditions, metadata.
import http from 'node:http';
import zlib from 'node:zlib';

const MAX_BROTLI = 10_240; // HTML with its CSS
const MAX_ROUND_TRIP = 14_600; // headers and body: the first window of a connection
const MAX_LITE = 10_000; // before compression

function get(url, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const lines = answer.rawHeaders.reduce((size, text) => size + Buffer.byteLength(text) + 2, 0);
        resolve({ status: answer.statusCode, headers: answer.headers, headerBytes: lines + 19, body: Buffer.concat(chunks) });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

const unescape = (text) =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name]);
const attributes = (tag) =>
  Object.fromEntries([...tag.matchAll(/([a-z:-]+)="([^"]*)"/g)].map((match) => [match[1], unescape(match[2])]));
const tags = (html, name) => [...html.matchAll(new RegExp(`<${name}\\b[^>]*>`, 'g'))].map((match) => attributes(match[0]));
const alternates = (html) =>
  Object.fromEntries(tags(html, 'link').filter((link) => link.hreflang && link.rel === 'alternate').map((link) => [link.hreflang, link.href]));

function structuredData(html, wrong) {
  const found = {};
  for (const [, text] of html.matchAll(/<script type="application\/ld\+json">([^]*?)<\/script>/g)) {
    let data;
    try {
      data = JSON.parse(text);
    } catch (error) {
      wrong.push(`JSON-LD: ${error.message}`);
      continue;
    }
    for (const node of data['@graph'] ?? [data]) found[node['@type']] = node;
  }
  return found;
}

async function checkHttp(page, wrong, need) {
  const brotli = await get(page.url, { 'accept-encoding': 'br' });
  const gzip = await get(page.url, { 'accept-encoding': 'gzip' });
  const identity = await get(page.url);
  const head = await get(page.url, { 'accept-encoding': 'br' }, 'HEAD');
  const { headers } = brotli;
  need(brotli.status === page.status, `status ${brotli.status} instead of ${page.status}`);
  need(headers['content-encoding'] === 'br' && zlib.brotliDecompressSync(brotli.body).equals(identity.body), 'brotli is not the page');
  // What is not kept, as error pages and searches are not, may do without.
  const plain = (page.status !== 200 || page.kind === 'search') && !gzip.headers['content-encoding'] && gzip.body.equals(identity.body);
  need(plain || (gzip.headers['content-encoding'] === 'gzip' && zlib.gunzipSync(gzip.body).equals(identity.body)), 'gzip is not the page');
  need(/^text\/html; ?charset=utf-8$/i.test(headers['content-type']), `Content-Type ${headers['content-type']}`);
  need(headers['content-security-policy']?.includes("default-src 'none'"), 'Content-Security-Policy');
  need(headers['x-content-type-options'] === 'nosniff', 'X-Content-Type-Options');
  need(/accept-encoding/i.test(headers.vary ?? ''), 'Vary');
  need(headers['cache-control'], 'Cache-Control');
  need(!headers['set-cookie'], 'Set-Cookie');
  need(head.status === brotli.status && head.body.length === 0, 'HEAD');
  if (page.status === 200 && page.kind !== 'search') {
    const etags = new Set([brotli, gzip, identity].map((answer) => answer.headers.etag));
    need(etags.size === 3 && ![...etags].some((etag) => !etag || etag.startsWith('W/')), 'a strong ETag for each coding');
    const unchanged = await get(page.url, { 'accept-encoding': 'br', 'if-none-match': headers.etag });
    need(unchanged.status === 304 && unchanged.body.length === 0, `${unchanged.status} for If-None-Match`);
  }
  need(brotli.body.length <= MAX_BROTLI, `${brotli.body.length} bytes of brotli`);
  need(brotli.body.length + brotli.headerBytes <= MAX_ROUND_TRIP, `${brotli.body.length + brotli.headerBytes} bytes with headers`);
  if (page.kind === 'lite') need(identity.body.length <= MAX_LITE, `${identity.body.length} bytes for a lite page`);
  return { brotli, html: identity.body.toString() };
}

function checkMarkup(page, html, headers, need) {
  const root = tags(html, 'html')[0] ?? {};
  need(root.lang && (root.dir === 'ltr' || root.dir === 'rtl'), 'lang and dir of <html>');
  need(headers['content-language'] === root.lang, `Content-Language ${headers['content-language']}`);
  need(!/<script(?! type="application\/ld\+json")/.test(html), 'a script');
  need(!/<link [^>]*rel="stylesheet"/.test(html), 'a style sheet of its own');
  need(!/ (style|on[a-z]+)="/.test(html.replace(/<style>[^]*?<\/style>|<script[^]*?<\/script>/g, '')), 'style= or on…=');
  for (const [what, pattern] of [['<h1>', /<h1\b/g], ['<main>', /<main\b/g], ['skip link', /<a class="skip" href="#main">/g], ['<title>', /<title>[^<]+<\/title>/g]]) {
    need(html.match(pattern)?.length === 1, `${html.match(pattern)?.length ?? 0} of ${what}`);
  }
  const pictures = tags(html, 'img');
  need(pictures.every((one) => one.width > 0 && one.height > 0 && 'alt' in one), 'a picture without size or alt');
  need(pictures.every((one, index) => (one.loading === 'lazy') === index > 0), 'the first picture is eager, the others lazy');
  const times = tags(html, 'time');
  need(times.every((one) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(one.datetime)), 'a <time> without offset');
  return root;
}

function checkMetadata(page, html, root, need) {
  const metadata = Object.fromEntries(tags(html, 'meta').map((meta) => [meta.name ?? meta.property, meta.content]));
  for (const name of ['description', 'viewport', 'robots', 'og:title', 'og:type', 'og:url', 'og:site_name', 'twitter:card']) {
    need(metadata[name], `meta ${name}`);
  }
  if (page.kind !== 'lite') need(metadata['og:image'], 'meta og:image');
  const indexed = !/noindex/.test(metadata.robots);
  need(indexed === page.indexed, `robots ${metadata.robots}`);
  const canonical = tags(html, 'link').find((link) => link.rel === 'canonical')?.href;
  if (indexed) need(canonical === page.url, `canonical ${canonical}`);
  need(tags(html, 'link').some((link) => link.type === 'application/rss+xml'), 'feed autodiscovery');
  return { indexed, canonical };
}

function checkStructuredData(page, html, wrong, need) {
  const data = structuredData(html, wrong);
  const wanted = {
    chooser: ['WebSite'], home: ['WebSite'], list: ['BreadcrumbList', 'ItemList'], article: ['NewsArticle', 'BreadcrumbList'],
    archive: ['BreadcrumbList'], feeds: ['BreadcrumbList'], about: ['BreadcrumbList'],
  }[page.kind] ?? [];
  for (const type of wanted) need(data[type], `JSON-LD ${type}`);
  if (page.kind === 'home') need(data.WebSite?.potentialAction?.['@type'] === 'SearchAction', 'JSON-LD SearchAction');
  const story = data.NewsArticle;
  if (!story) return;
  for (const field of ['headline', 'datePublished', 'dateModified', 'author', 'image', 'publisher', 'inLanguage']) {
    need(story[field], `NewsArticle.${field}`);
  }
  need(Date.parse(story.dateModified) >= Date.parse(story.datePublished), 'NewsArticle was modified before it was published');
}

async function checkAlternates(page, html, root, canonical, need) {
  const own = alternates(html);
  need(own['x-default'], 'hreflang x-default');
  if (page.kind !== 'chooser') need(own[root.lang] === canonical, 'hreflang does not name the page itself');
  for (const [language, url] of Object.entries(own)) {
    const other = await get(url);
    need(other.status === 200, `hreflang ${language}: ${other.status}`);
    if (language === 'x-default' && url.endsWith('/') && new URL(url).pathname === '/') continue;
    need(JSON.stringify(alternates(other.body.toString())) === JSON.stringify(own), `hreflang ${language} does not answer`);
  }
}

export async function checkContract(pages, report) {
  for (const page of pages) {
    const wrong = [];
    const need = (condition, what) => condition || wrong.push(what);
    const { brotli, html } = await checkHttp(page, wrong, need);
    const root = checkMarkup(page, html, brotli.headers, need);
    const { indexed, canonical } = checkMetadata(page, html, root, need);
    checkStructuredData(page, html, wrong, need);
    if (page.status === 200 && indexed && !page.anchored) await checkAlternates(page, html, root, canonical, need);
    report('contract', page.url, `${brotli.body.length} bytes of brotli, ${html.length} plain`, wrong);
  }
}
