// Reads the base map that scripts/land.mjs packed.

export type Ring = [number, number][];
export interface Land { near: [number, number, number, number]; fine: Ring[][]; coarse: Ring[][] }
interface Packed { near: [number, number, number, number]; fine: number[][][]; coarse: number[][][] }

/** Integers of steps into rings of latitude and longitude, degrees. */
export function unpackRing(steps: readonly number[], places: number): Ring {
  const scale = 10 ** places;
  const ring: Ring = [];
  let [x, y] = [0, 0];
  for (let i = 0; i + 1 < steps.length; i += 2) {
    x += steps[i] as number;
    y += steps[i + 1] as number;
    ring.push([y / scale, x / scale]);
  }
  return ring;
}

export function unpack(packed: Packed): Land {
  return {
    near: packed.near,
    fine: packed.fine.map((rings) => rings.map((r) => unpackRing(r, 3))),
    coarse: packed.coarse.map((rings) => rings.map((r) => unpackRing(r, 2))),
  };
}

let reading: Promise<Land> | null = null;
/** The land, read once and only when a map is shown. */
export function land(url: string): Promise<Land> {
  reading ??= fetch(url).then(async (response) => {
    if (!response.ok) throw new Error(`land: ${response.status}`);
    return unpack((await response.json()) as Packed);
  });
  reading.catch(() => (reading = null));
  return reading;
}
