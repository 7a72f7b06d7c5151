"""An independent computation of a station's quality, of its GPS satellites, from RINEX 3 files: own reading, orbits by IS-GPS-200,
multipath by Estey and Meertens (1999), all in plain Python. It shares no line and no library with what it judges.

    oracle.py figures OBS NAV          the figures as JSON
    oracle.py slips OBS NAV OUT COUNT  writes OBS again with that many known slips in its GPS phases
"""
import json
import math
import sys
from datetime import datetime

C = 299792458.0
FREQUENCY = {"1": 1575.42e6, "2": 1227.60e6, "5": 1176.45e6}
MASK = math.radians(10.0)
EPOCH = datetime(1980, 1, 6)


def seconds(moment):
    return (moment - EPOCH).total_seconds()


def read_nav(path):
    """GPS ephemerides: satellite -> list of (toe, values)."""
    lines = open(path).read().split("\n")
    start = next(i for i, l in enumerate(lines) if "END OF HEADER" in l) + 1
    found = {}
    i = start
    while i < len(lines):
        line = lines[i]
        if line[:1] == "G":
            number = lambda text: float(text.replace("D", "e").replace("d", "e") or "nan")
            rows = [line[23:]] + [l[4:] for l in lines[i + 1 : i + 8]]
            v = []
            for row in rows:
                count = 3 if row is rows[0] else 4
                v += [number(row[19 * k : 19 * k + 19].strip() or "nan") for k in range(count)]
            toe = v[11]
            week = v[21]
            found.setdefault(line[:3], []).append((week * 604800.0 + toe, v))
            i += 8
        else:
            i += 1
    return found


def position(eph, t):
    """IS-GPS-200, table 20-IV."""
    (_, v) = eph
    crs, dn, m0, cuc, e, cus, sqrt_a, toe = v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]
    cic, omega0, cis, i0, crc, omega, omega_dot = v[12], v[13], v[14], v[15], v[16], v[17], v[18]
    idot = v[19]
    mu, rate = 3.986005e14, 7.2921151467e-5
    a = sqrt_a * sqrt_a
    tk = t - eph[0]
    m = m0 + (math.sqrt(mu / a**3) + dn) * tk
    ek = m
    for _ in range(20):
        ek = m + e * math.sin(ek)
    nu = math.atan2(math.sqrt(1 - e * e) * math.sin(ek), math.cos(ek) - e)
    phi = nu + omega
    u = phi + cus * math.sin(2 * phi) + cuc * math.cos(2 * phi)
    r = a * (1 - e * math.cos(ek)) + crs * math.sin(2 * phi) + crc * math.cos(2 * phi)
    i = i0 + idot * tk + cis * math.sin(2 * phi) + cic * math.cos(2 * phi)
    node = omega0 + (omega_dot - rate) * tk - rate * toe
    x, y = r * math.cos(u), r * math.sin(u)
    return (
        x * math.cos(node) - y * math.cos(i) * math.sin(node),
        x * math.sin(node) + y * math.cos(i) * math.cos(node),
        y * math.sin(i),
    )


def elevation(place, satellite):
    p = math.hypot(place[0], place[1])
    lat = math.atan2(place[2], p * (1 - 0.00669438))
    for _ in range(5):
        n = 6378137.0 / math.sqrt(1 - 0.00669438 * math.sin(lat) ** 2)
        lat = math.atan2(place[2] + 0.00669438 * n * math.sin(lat), p)
    lon = math.atan2(place[1], place[0])
    up = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    d = [s - q for s, q in zip(satellite, place)]
    return math.asin(sum(a * b for a, b in zip(d, up)) / math.sqrt(sum(x * x for x in d)))


def read_obs(path):
    """Place, interval, GPS observation types, and the epochs: (time, first line, {satellite: (line, {type: (value, lli)})})."""
    lines = open(path).read().split("\n")
    types, place, i = {}, None, 0
    while "END OF HEADER" not in lines[i]:
        line, label = lines[i], lines[i][60:].strip()
        if label == "APPROX POSITION XYZ":
            place = tuple(float(x) for x in line[:42].split())
        if label == "SYS / # / OBS TYPES":
            if line[0] != " ":
                system = line[0]
            types.setdefault(system, []).extend(line[7:58].split())
        i += 1
    i += 1
    epochs = []
    while i < len(lines):
        line = lines[i]
        if not line.startswith(">"):
            i += 1
            continue
        y, mo, d, h, mi = (int(x) for x in line[2:18].split())
        s = float(line[18:29])
        count, flag = int(line[32:35]), int(line[31])
        t = seconds(datetime(y, mo, d, h, mi)) + s
        seen = {}
        if flag <= 1:
            for k in range(i + 1, i + 1 + count):
                row = lines[k]
                if row[0] != "G":
                    continue
                values = {}
                for n, name in enumerate(types["G"]):
                    cell = row[3 + 16 * n : 19 + 16 * n]
                    if cell[:14].strip():
                        value = float(cell[:14])
                        if value != 0.0:
                            values[name] = (value, int(cell[14]) if cell[14:15].strip() else 0)
                seen[row[:3].replace(" ", "0")] = (k, values)
            epochs.append((t, i, seen))
        i += 1 + count
    return lines, place, types["G"], epochs


def elevations(place, nav, t, satellite):
    near = [e for e in nav.get(satellite, []) if abs(t - e[0]) <= 7200.0]
    if not near:
        return None
    best = min(near, key=lambda e: abs(t - e[0]))
    return elevation(place, position(best, t)) if best[1][24] == 0 else None


def phase_pairs(values):
    """Of each band the phase that is used: codeless on L2 before civil."""
    best = {}
    for band, order in (("1", "CWPLXS"), ("2", "WPLXSC"), ("5", "QXI")):
        for attribute in order:
            if f"L{band}{attribute}" in values:
                best[band] = f"L{band}{attribute}"
                break
    return best


def figures(obs_path, nav_path):
    _, place, types, epochs = read_obs(obs_path)
    nav = read_nav(nav_path)
    codes = [t for t in types if t[0] == "C"]
    windows = {}
    pooled = {}
    observed = {}
    last = {}
    slips = 0

    def close(key):
        values = windows.pop(key)[1]
        if len(values) >= 5:
            mean = sum(values) / len(values)
            squares, freedom = pooled.get(key[1], (0.0, 0))
            pooled[key[1]] = (squares + sum((x - mean) ** 2 for x in values), freedom + len(values) - 1)

    arcs = {}
    for t, _, seen in epochs:
        for satellite, (_, values) in seen.items():
            up = elevations(place, nav, t, satellite)
            phases = phase_pairs(values)
            metres = {b: values[n][0] * C / FREQUENCY[b] for b, n in phases.items()}
            # An arc ends with a lost phase, a flag, or a jump of the difference of two phases that no ionosphere makes.
            before = last.get(satellite)
            broke = False
            if before and t - before[0] <= 61.0:
                broke = any(values[n][1] & 1 for n in phases.values())
                if {"1", "2"} <= metres.keys() and {"1", "2"} <= before[1].keys():
                    now, then = metres["1"] - metres["2"], before[1]["1"] - before[1]["2"]
                    expected = before[2] * (t - before[0])
                    broke = broke or abs(now - then - expected) > 0.08
                    rate = before[2] if broke else (now - then) / (t - before[0])
                else:
                    rate = 0.0
            else:
                rate = 0.0
                arcs[satellite] = arcs.get(satellite, 0) + 1
            last[satellite] = (t, metres, rate)
            if broke:
                arcs[satellite] += 1
                slips += up is not None and up >= MASK
            if up is None or up < MASK:
                continue
            for code in codes:
                if code not in values and "L" + code[1:] not in values:
                    continue
                observed["G" + code[1:]] = observed.get("G" + code[1:], 0) + 1
                band, own = code[1], "L" + code[1:]
                other = next((b for b in "125" if b != band and b in phases), None)
                if code not in values or own not in values or other is None:
                    continue
                if {band, other} == {"2", "5"}:
                    continue
                ratio = (FREQUENCY[band] / FREQUENCY[other]) ** 2
                own_m = values[own][0] * C / FREQUENCY[band]
                mp = values[code][0] - own_m - 2.0 / (ratio - 1.0) * (own_m - metres[other])
                key = (satellite, "G" + code[1:])
                name = (arcs[satellite], other, math.floor(t / 900.0))
                if key in windows and windows[key][0] != name:
                    close(key)
                windows.setdefault(key, (name, []))[1].append(mp)
    for key in list(windows):
        close(key)
    times = [t for t, _, _ in epochs]
    steps = sorted(b - a for a, b in zip(times, times[1:]))
    interval = steps[len(steps) // 2]
    return {
        "epochs": len(times),
        "epochs_expected": round((times[-1] - times[0]) / interval) + 1,
        "slips": slips,
        "observed": observed,
        "multipath_m": {k: math.sqrt(s / f) for k, (s, f) in pooled.items() if f > 0},
    }


def with_slips(obs_path, nav_path, out_path, wanted):
    """Adds whole cycles to one phase of a satellite from an epoch on; each satellite at most once every six epochs, above 20 degrees."""
    lines, place, types, epochs = read_obs(obs_path)
    nav = read_nav(nav_path)
    added, busy, made = {}, {}, 0
    cycles = [1, -1, 2, -3, 5, -7, 11, 40, -200, 3000]
    for number, (t, _, seen) in enumerate(epochs):
        for satellite in sorted(seen):
            k, values = seen[satellite]
            phases = phase_pairs(values)
            up = elevations(place, nav, t, satellite)
            before = epochs[number - 1][2].get(satellite) if number else None
            can = (
                made < wanted
                # At the first epochs of a file nobody knows its interval: every phase is a new one.
                and number > 3
                and before is not None
                and up is not None
                and up > math.radians(20.0)
                and {"1", "2"} <= phases.keys()
                and {"1", "2"} <= phase_pairs(before[1]).keys()
                and number - busy.get(satellite, -9) >= 6
                and (number + int(satellite[1:])) % 3 == 0
            )
            if can:
                band = "1" if made % 2 else "2"
                key = (satellite, phases[band])
                added[key] = added.get(key, 0) + cycles[made % len(cycles)]
                busy[satellite] = number
                made += 1
            row = lines[k]
            for (of, name), count in added.items():
                if of == satellite and name in values:
                    at = 3 + 16 * types.index(name)
                    row = row[:at] + f"{values[name][0] + count:14.3f}" + row[at + 14 :]
            lines[k] = row
    open(out_path, "w").write("\n".join(lines))
    return {"slips": made}


if __name__ == "__main__":
    if sys.argv[1] == "figures":
        print(json.dumps(figures(sys.argv[2], sys.argv[3])))
    else:
        print(json.dumps(with_slips(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))))
