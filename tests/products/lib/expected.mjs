// What is expected of a product, and how it becomes the known failures of a run. The comparison itself is `oa-authtest run --known --strict-known`.

const concerns = (entry, agent) => !entry.agents || entry.agents.includes(agent);

/** The entries of a file of known failures: one for each rule and test, so that each is told on its own when it no longer happens. */
export function knownFailures(expected, agent) {
  return expected.findings
    // What has no reason excuses nothing.
    .filter((entry) => concerns(entry, agent) && entry.why)
    .flatMap((entry) => entry.tests.map((test) => ({ rule: entry.rule, test, reason: entry.why })));
}

/** The broken rules of a run, each with the tests it is broken in. */
function broken(results) {
  const found = new Map();
  for (const test of results.tests) {
    for (const finding of test.findings.filter(({ outcome }) => outcome === 'failed')) {
      const known = found.get(finding.rule) ?? { level: finding.level, tests: new Set(), finding };
      known.tests.add(test.id);
      found.set(finding.rule, known);
    }
  }
  return found;
}

/** The rules that are broken and not expected, a line each: where, and what was seen there. */
function unexpected(results) {
  const rules = new Map();
  for (const test of results.tests) {
    for (const finding of test.findings) {
      if (finding.outcome !== 'failed' || finding.known) continue;
      const known = rules.get(finding.rule) ?? { finding, tests: new Set(), seen: new Set() };
      known.tests.add(test.id);
      known.seen.add(String(finding.actual ?? '').slice(0, 200));
      rules.set(finding.rule, known);
    }
  }
  return [...rules.values()].map(({ finding, tests, seen }) =>
    `not expected: ${finding.rule} (${finding.level}): ${finding.says}; seen: ${[...seen].slice(0, 4).join(' / ')}; in ${[...tests].join(', ')}`);
}

/** What a run and the expectations differ in, a line each. */
export function differences(expected, results, agent) {
  const lines = unexpected(results);
  const may = (entry) => expected.findings.some(({ rule, tests, sometimes }) => sometimes && rule === entry.rule && tests.includes(entry.test));
  for (const entry of results.known?.entries ?? []) {
    if (entry.state === 'excused' || may(entry)) continue;
    lines.push(`no longer so: ${entry.rule} in ${entry.test} (${entry.state}). Take it out of expected.json`);
  }
  for (const entry of expected.findings) {
    if (!entry.why) lines.push(`not justified: ${entry.rule} has an empty \`why\``);
  }
  const errored = results.tests.filter(({ verdict }) => verdict === 'errored');
  const named = (expected.errored ?? []).filter((entry) => concerns(entry, agent));
  for (const test of errored) {
    if (!named.some((entry) => entry.test === test.id && entry.why)) lines.push(`ended errored: ${test.id}: ${test.reason}`);
  }
  for (const entry of named) {
    if (!errored.some(({ id }) => id === entry.test)) lines.push(`no longer errored: ${entry.test}. Take it out of expected.json`);
  }
  return lines;
}

const sorted = (set) => [...set].sort();

/** The expectations with what a run found: what no longer happens is gone, unless it happens `sometimes`; what is new has an empty `why`. */
export function updated(expected, product, results, agent) {
  const found = broken(results);
  const findings = [];
  for (const entry of expected.findings) {
    if (!concerns(entry, agent)) {
      findings.push(entry);
      continue;
    }
    const known = found.get(entry.rule) ?? { level: entry.level, tests: new Set() };
    const tests = entry.tests.filter((test) => known.tests.delete(test) || entry.sometimes);
    const isLast = !expected.findings.some((other) => other !== entry && other.rule === entry.rule && concerns(other, agent));
    if (isLast) tests.push(...known.tests.keys());
    if (isLast) known.tests.clear();
    if (tests.length > 0) findings.push({ ...entry, level: known.level, tests: sorted(tests) });
  }
  for (const [rule, { level, tests, finding }] of found) {
    if (tests.size > 0) findings.push({ rule, level, tests: sorted(tests), why: '', seen: `${finding.says} | ${String(finding.actual ?? '').slice(0, 200)}` });
  }
  findings.sort((a, b) => a.rule.localeCompare(b.rule, 'en'));
  const errored = results.tests.filter(({ verdict }) => verdict === 'errored').map(({ id, reason }) =>
    (expected.errored ?? []).find((entry) => entry.test === id) ?? { test: id, why: '', seen: reason });
  const others = (expected.errored ?? []).filter((entry) => !concerns(entry, agent));
  const verdicts = {};
  for (const { verdict } of results.tests) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  const run = {
    date: results.started.slice(0, 10),
    seconds: Math.round(results.duration_ms / 1000),
    tests: results.tests.length,
    unexplained: findings.filter((entry) => concerns(entry, agent) && !entry.why).length + errored.filter(({ why }) => !why).length,
    ...Object.fromEntries(Object.entries(verdicts).sort()),
  };
  return { ...expected, version: product.version, runs: { ...expected.runs, [agent]: run }, findings, errored: [...errored, ...others] };
}
