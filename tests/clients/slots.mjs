// What both Node drivers share: one key for each of the 16384 slots, and a time limit that always ends the process.

const SLOTS = 16384;

/** CRC16 (XMODEM) as in the Redis Cluster specification, appendix A. */
function slot(key) {
  let crc = 0;
  for (const byte of Buffer.from(key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

function oneKeyEachSlot() {
  const keys = new Map();
  for (let n = 0; keys.size < SLOTS; n++) {
    const key = `doctor:${n}`;
    if (!keys.has(slot(key))) keys.set(slot(key), key);
  }
  return [...keys.values()];
}

/** SET then GET in every slot, a thousand at a time; answers how many slots gave back what was put in. */
export async function touchEverySlot(set, get) {
  const keys = oneKeyEachSlot();
  for (let from = 0; from < keys.length; from += 1024) {
    await Promise.all(
      keys.slice(from, from + 1024).map(async (key) => {
        await set(key, key);
        const value = await get(key);
        if (value !== key) throw new Error(`${key} came back as ${value}`);
      }),
    );
  }
  return keys.length;
}

/** The error at the bottom: libraries wrap the one that says why. */
export function innermost(error) {
  const next = error?.cause ?? error?.lastNodeError ?? error?.errors?.[0];
  return next ? innermost(next) : String(error?.message ?? error);
}

/** The application's end of it: `ok SLOTS n` and 0, or `failed: text` and 1, also when the client never says a word. */
export async function conclude(work, lastError, milliseconds) {
  const silence = new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the client gave no answer in time')), milliseconds);
  });
  try {
    console.log(`ok SLOTS ${await Promise.race([work(), silence])}`);
    process.exit(0);
  } catch (error) {
    console.log(`failed: ${innermost(lastError() ?? error)}`);
    process.exit(1);
  }
}
