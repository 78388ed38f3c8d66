// Reads {"id","html"} lines, parses each html as browsers would in several places, and names every one that holds what
// runs or what the allow-list does not have. Exit code 1 when there is any.
import { createInterface } from "node:readline";
import { parse, parseFragment, serialize } from "parse5";

const ELEMENTS = new Set(
  ("a abbr address article aside audio b bdi bdo blockquote br caption cite code dd del details dfn div dl dt em " +
    "figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark nav ol p picture pre q rp rt ruby s " +
    "samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var video wbr").split(" "),
);
const ATTRIBUTES = new Set(
  ("alt cite colspan controls datetime dir height href lang media open poster reversed rowspan scope sizes src srcset " +
    "start title type value width").split(" "),
);
const ADDRESSES = new Set(["href", "src", "poster", "cite"]);
const HTML = "http://www.w3.org/1999/xhtml";

function problems(node, found) {
  for (const child of node.childNodes ?? []) {
    if (child.nodeName === "#comment") found.push("a comment");
    if (child.tagName) element(child, found);
    problems(child, found);
  }
  return found;
}

function element(node, found) {
  if (node.namespaceURI !== HTML) found.push(`<${node.tagName}> in ${node.namespaceURI}`);
  if (!ELEMENTS.has(node.tagName)) found.push(`<${node.tagName}>`);
  for (const { name, value } of node.attrs) {
    if (!ATTRIBUTES.has(name)) found.push(`${node.tagName}[${name}]`);
    const address = ADDRESSES.has(name) && !/^(https?:\/\/|mailto:)/.test(value);
    if (address || (name === "src" && value.startsWith("mailto:"))) found.push(`${node.tagName}[${name}=${value}]`);
    if (name === "srcset" && !value.split(", ").every((one) => /^https?:\/\/\S+( [0-9.]+[wxh])?$/.test(one)))
      found.push(`srcset=${value}`);
  }
}

// The body of a whole document, and fragments where pages put bodies; each with and without scripting.
function trees(html) {
  const contexts = [parseFragment("<div></div>"), parseFragment("<article></article>"), parseFragment("<td></td>")];
  const places = contexts.map((context) => context.childNodes[0]).filter(Boolean);
  const result = [];
  for (const scriptingEnabled of [true, false]) {
    const document = parse(`<!doctype html><body>${html}`, { scriptingEnabled });
    result.push(document.childNodes.find((node) => node.tagName === "html").childNodes.find((node) => node.tagName === "body"));
    for (const place of places) result.push(parseFragment(place, html, { scriptingEnabled }));
  }
  return result;
}

let count = 0;
let bad = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { id, html } = JSON.parse(line);
  ++count;
  const found = new Set();
  let text;
  for (const tree of trees(html)) {
    problems(tree, []).forEach((problem) => found.add(problem));
    const written = serialize(tree);
    if (text !== undefined && written !== text) found.add("it means different things in different places");
    text = written;
  }
  if (found.size > 0) {
    ++bad;
    if (bad <= 20) console.log(`${JSON.stringify(id)}: ${[...found].join(", ")}\n  ${html.slice(0, 400)}`);
  }
}
console.log(`${count} read again by parse5, ${bad} with something that must not be there`);
process.exit(bad > 0 || count === 0 ? 1 : 0);
