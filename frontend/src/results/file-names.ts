const LONGEST = 120;
// Control characters, and what Windows, macOS or a shell path give a meaning to.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const UNSAFE = /[\u0000-\u001f\u007f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]/g;
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** A name without its extension. */
export function stemOfName(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

function extensionOf(name: string): string {
  return name.slice(stemOfName(name).length);
}

/** A name that every system can store: no folders, no control characters, no reserved names, not too long. */
export function safeFileName(name: string): string {
  const cleaned = name
    .replace(UNSAFE, "_")
    .trim()
    .replace(/^\.+/, "")
    .replace(/[. ]+$/, "");
  const extension = extensionOf(cleaned).slice(0, 16);
  const base = stemOfName(cleaned).slice(0, LONGEST - extension.length);
  const named = RESERVED.test(base) || base === "" ? `_${base}` : base;
  return named + extension;
}

/** Safe names, in order, no two of which are the same to a system that ignores case. */
export function uniqueFileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = safeFileName(name);
    let unique = safe;
    for (let copy = 2; taken.has(unique.toLowerCase()); copy += 1) {
      unique = `${stemOfName(safe)} (${copy})${extensionOf(safe)}`;
    }
    taken.add(unique.toLowerCase());
    return unique;
  });
}
