/** Runs a call of the named method, and may do something before and after it. */
export type Around = <T>(method: string, call: () => Promise<T>) => Promise<T>;

type AnyMethod = (...args: unknown[]) => Promise<unknown>;

/** The same object, with the named asynchronous methods run inside `around`; all others are its own. */
export function aroundMethods<T extends object>(target: T, methods: readonly string[], around: Around): T {
  const wrapped = new Map<PropertyKey, unknown>();
  const wrap = (name: PropertyKey): unknown => {
    const value: unknown = Reflect.get(target, name, target);
    if (typeof value !== 'function') return value;
    // Bound to the target: a private field is not reachable through a proxy.
    const method = value.bind(target) as AnyMethod;
    const isNamed = typeof name === 'string' && methods.includes(name);
    const result = isNamed ? (...args: unknown[]) => around(name, () => method(...args)) : method;
    wrapped.set(name, result);
    return result;
  };
  return new Proxy(target, { get: (_target, name) => wrapped.get(name) ?? wrap(name) });
}
