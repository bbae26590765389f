// Tests that run in a page (call run()) and under `node --test`, without anything to install.

// tests: name -> function, async or not, that throws if the name is not true. Returns run() for a page:
// a promise of {passed, failures: [text]}.
export async function suite(tests) {
  if (globalThis.process?.versions?.node !== undefined) {
    const { test } = await import('node:test');
    for (const [name, body] of Object.entries(tests)) test(name, body);
  }
  return async () => {
    const failures = [];
    let passed = 0;
    for (const [name, body] of Object.entries(tests)) {
      try {
        await body();
        passed += 1;
      } catch (error) {
        failures.push(`${name}: ${error.stack ?? error}`);
      }
    }
    return { passed, failures };
  };
}

// Same type, same structure, same own keys in the same order.
export function equal(actual, expected) {
  const [is, should] = [show(actual), show(expected)];
  if (is !== should) throw new Error(`is ${is}, should be ${should}`);
}

// Returns what the body throws.
export function thrown(body) {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

// Returns what the promise rejects with.
export async function rejected(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was rejected');
}

function show(value) {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${show([...value])}`;
  if (typeof value === 'object' && value !== null) {
    const entries = Reflect.ownKeys(value).map((key) => `${String(key)}: ${show(value[key])}`);
    return `${value.constructor?.name ?? ''} {${entries.join(', ')}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);
}
