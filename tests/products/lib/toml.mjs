/** A string, number, boolean or list of strings. JSON's strings are TOML's, but for DEL. */
const value = (given) => JSON.stringify(given).replaceAll('\u007f', '\\u007f');

/** Writes settings as TOML: values, tables of values, and lists of tables of values. Members that are undefined are left out. */
export function toml(settings) {
  const pairs = (table) => Object.entries(table).filter(([, given]) => given !== undefined).map(([key, given]) => `${key} = ${value(given)}\n`).join('');
  const isTable = (given) => given !== null && typeof given === 'object' && !Array.isArray(given);
  const isTables = (given) => Array.isArray(given) && given.some(isTable);
  const top = Object.entries(settings).filter(([, given]) => !isTable(given) && !isTables(given) && !(Array.isArray(given) && given.length === 0));
  let text = pairs(Object.fromEntries(top));
  for (const [key, given] of Object.entries(settings)) {
    if (isTable(given)) text += `\n[${key}]\n${pairs(given)}`;
    if (isTables(given)) text += given.map((table) => `\n[[${key}]]\n${pairs(table)}`).join('');
  }
  return text;
}
