// What npm's feedsmith reads of each document: {"name.format": [{id, url, title, published}]} on standard output.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseFeed } from "feedsmith";

const directory = process.argv[2];
const read = {};
const seconds = (text) => (text === undefined ? null : Math.floor(Date.parse(text) / 1000));

for (const file of readdirSync(directory)) {
  if (!/\.(rss|atom|json)$/.test(file) || file === "expected.json") continue;
  const { format, feed } = parseFeed(readFileSync(join(directory, file), "utf8"));
  const items = format === "atom" ? feed.entries : feed.items;
  read[file] = (items ?? []).map((item) => {
    if (format === "rss") return { id: item.guid?.value, url: item.link, title: item.title, published: seconds(item.pubDate) };
    if (format === "atom") {
      const link = item.links?.find((one) => one.rel === "alternate");
      return { id: item.id, url: link?.href, title: item.title, published: seconds(item.published) };
    }
    return { id: item.id, url: item.url, title: item.title, published: seconds(item.date_published) };
  });
}
console.log(JSON.stringify(read));
