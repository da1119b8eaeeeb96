// node compare.mjs expected.json got.json: one line per file that fell short, then 'passed failed skipped' on the last line.
// expected.json: { "11-state-http.test.mjs": { "passed": 42, "cases": 42 } }
import fs from 'node:fs';

const [expected, got] = process.argv.slice(2).map((file) => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}));
const results = got.local ?? {};
let [passed, failed, skipped] = [0, 0, 0];
for (const [file, { passed: floor, cases }] of Object.entries(expected)) {
  const count = results[file]?.passed ?? 0;
  passed += count;
  if (count < floor) {
    failed += floor - count;
    console.log(`${file}: ${count} passed, ${floor} expected`);
  }
  skipped += Math.max(0, cases - Math.max(count, floor));
}
console.log(`${passed} passed of ${Object.values(expected).reduce((sum, { cases }) => sum + cases, 0)} cases in ${Object.keys(expected).length} files`);
console.log(`${passed} ${failed} ${skipped}`);
