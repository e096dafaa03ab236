// The CEL specification's own cases, evaluated by `weir eval`: what is not as the specification says
// must be in differences.json, with its reason; and what is there must still differ.
//
//   node compare.mjs MODULES WEIR [--write]
//
// MODULES: the folder that holds node_modules with @bufbuild/cel-spec and @bufbuild/cel. The second
// package evaluates each case too: where it does not agree with the specification either, the case is
// counted, not hidden.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, weir, write] = process.argv.slice(2);
const require = createRequire(modules + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { getConformanceSuite } = await load("@bufbuild/cel-spec/testdata/tests.js");
const cel = await load("@bufbuild/cel");

// What the subset leaves out as a whole (docs/expressions.md, "Differences from CEL").
const outside = {
  bindings_ext: "cel.bind",
  block_ext: "cel.block",
  dynamic: "messages",
  encoders_ext: "the encoders extension",
  enums: "enums",
  macros2: "macros of two variables",
  network_ext: "the network extension",
  optionals: "optionals",
  proto2: "messages",
  proto2_ext: "messages",
  proto3: "messages",
  timestamps: "durations and timestamps",
  type_deductions: "deduced types are not shown",
  unknowns: "unknown values",
  wrappers: "messages",
};

const here = new URL("./differences.json", import.meta.url);
const listed = JSON.parse(readFileSync(here, "utf8"));

// Numbers become text that starts with #, so that none loses digits; whole doubles are written
// like integers, as JSON may write them.
const number = (text) => "#" + (Number.isInteger(Number(text)) && /[.eE]/.test(text) ? BigInt(Number(text)) : text);

function expectedJson(value) {
  const { case: kind, value: v } = value.kind;
  switch (kind) {
    case "nullValue": return null;
    case "boolValue": case "stringValue": return v;
    case "int64Value": case "uint64Value": return number(String(v));
    case "doubleValue": return Number.isFinite(v) ? number(Object.is(v, -0) ? "0" : String(v)) : null;
    case "bytesValue": return Buffer.from(v).toString("base64");
    case "typeValue": return v;
    case "listValue": return v.values.map(expectedJson);
    case "mapValue": return Object.fromEntries(v.entries.map((e) => {
      const key = expectedJson(e.key);
      return [typeof key === "string" ? key.replace(/^#/, "") : String(key), expectedJson(e.value)];
    }));
    default: return undefined; // a message
  }
}

function printedJson(text) {
  const kept = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (t) => (t[0] === '"' ? t : JSON.stringify(number(t))));
  return JSON.parse(kept, (_, v) => (v === "#-0" ? "#0" : v));
}

const sorted = (v) => JSON.stringify(v, (_, x) =>
  x && typeof x === "object" && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort()) : x);

// A document of the bindings' values, as text that keeps integers exact; nothing when one is no JSON.
function documentOf(bindings) {
  const write = (v) => {
    if (v === null || typeof v === "boolean") return JSON.stringify(v);
    if (typeof v === "string") return v.startsWith("#") ? v.slice(1) : JSON.stringify(v);
    if (Array.isArray(v)) return "[" + v.map(write).join(",") + "]";
    return "{" + Object.entries(v).map(([k, x]) => JSON.stringify(k) + ":" + write(x)).join(",") + "}";
  };
  const parts = [];
  for (const [name, bound] of Object.entries(bindings)) {
    if (name.includes(".") || bound.kind.case !== "value") return undefined;
    const json = expectedJson(bound.kind.value);
    if (json === undefined || bound.kind.value.kind.case === "bytesValue") return undefined;
    parts.push(JSON.stringify(name) + ":" + write(json));
  }
  return "{" + parts.join(",") + "}";
}

function theirs(expr, bindings) {
  if (Object.keys(bindings).length > 0) return undefined;
  try {
    const v = cel.run(expr);
    return cel.isCelError(v) ? "error" : "value";
  } catch {
    return "error";
  }
}

// Why a case of these words differs; every difference has a reason of docs/expressions.md.
const reasons = [
  [/TestAllTypes|google\.protobuf|NestedTestAllTypes|cel\.expr\./, "messages"],
  [/^\[[\s\S]*(expr|TestAllTypes)/, "messages"],
  [/duration\(|timestamp\(/, "durations and timestamps"],
  [/\.`/, "names in back-quotes"],
  [/math\./, "the math extension"],
  [/strings\.quote|\.(format|indexOf|lastIndexOf|charAt|reverse)\(/, "functions of the strings extension that are not here"],
  [/\.matches\(|^matches\(/, "matches"],
  [/^(x|f_unknown\(17\)|a\.\w+\(\)) \|\| true$/, "unknown names are found when parsing"],
  [/^(false && 32|'horses' && false|true \|\| 32|'horses' \|\| true)$/, "wrong types are found when parsing"],
];
const reasonOf = (expr) => reasons.find(([words]) => words.test(expr))?.[1];

let alike = 0, left = 0, secondDisagrees = 0;
const unlike = {};
for (const file of getConformanceSuite().suites) {
  for (const section of file.suites) {
    for (const test of section.tests) {
      const t = test.original;
      const matcher = t.resultMatcher;
      const wantsError = matcher.case === "evalError";
      const want = matcher.case === "value" ? expectedJson(matcher.value)
        : matcher.case === undefined ? true : undefined;
      const input = documentOf(t.bindings);
      // An argument of a command cannot hold a NUL.
      if (outside[file.name] || t.checkOnly || t.expr.includes("\0") || input === undefined || (want === undefined && !wantsError)) {
        ++left;
        continue;
      }
      const name = `${file.name}/${section.name}/${t.name}`;
      const done = spawnSync(weir, ["eval", "--", t.expr], { input, encoding: "utf8" });
      const right = wantsError ? done.status === 1
        : done.status === 0 && sorted(printedJson(done.stdout)) === sorted(want);
      const second = theirs(t.expr, t.bindings);
      if (second !== undefined && (second === "error") !== wantsError) ++secondDisagrees;
      if (right) ++alike;
      else {
        unlike[name] = reasonOf(t.expr);
        if (!unlike[name]) {
          unlike[name] = `UNEXPLAINED ${t.expr}: status ${done.status} ${done.stdout.trim()} ${done.stderr.trim().split("\n")[0]}`;
        }
      }
    }
  }
}

if (write === "--write") writeFileSync(here, JSON.stringify(unlike, null, 1) + "\n");
const known = write === "--write" ? unlike : listed;
for (const [n, why] of Object.entries(unlike)) {
  if (why.startsWith("UNEXPLAINED")) console.log(`${n}: ${why}`);
}
const fresh = Object.keys(unlike).filter((n) => !(n in known));
const mended = Object.keys(known).filter((n) => !(n in unlike));
for (const n of fresh) console.log(`differs and is not listed: ${n}: ${unlike[n]}`);
for (const n of mended) console.log(`is listed and does not differ: ${n}`);
console.log(`CEL's own cases: ${alike} alike, ${Object.keys(unlike).length} differ as listed, ` +
  `${left} outside the subset; @bufbuild/cel disagrees with the specification in ${secondDisagrees}`);
process.exit(fresh.length + mended.length > 0 || Object.values(unlike).some((w) => w.startsWith("UNEXPLAINED")) ? 1 : 0);
