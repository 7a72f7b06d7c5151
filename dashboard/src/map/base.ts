// The map without any state of the network: land, a grid of degrees, the operator's own boundaries and tiles.
import * as L from 'leaflet';
import type { Box, MapFacts } from '../api/types';
import { ask } from '../api/client';
import type { Palette } from '../format/colours';
import { whenIdle } from '../state/idle';
import { land } from './land';
import landUrl from './data/land.json?url';

export interface BaseMap {
  map: L.Map;
  colour: (palette: Palette) => void;
  remove: () => void;
}

/** Makes a map in an element. It shows the box first; the land comes when it has been read. */
export function makeBase(element: HTMLElement, facts: MapFacts | null, box: Box, palette: Palette): BaseMap {
  const map = L.map(element, {
    preferCanvas: true, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false,
    zoomSnap: 0.25, minZoom: 2, maxZoom: 17, attributionControl: false, worldCopyJump: false,
  });
  const corner = L.control.attribution({ prefix: false }).addTo(map);
  corner.addAttribution(facts?.licence ? escape(facts.licence) : 'Natural Earth');
  L.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map);
  map.fitBounds([[box[0], box[1]], [box[2], box[3]]], { padding: [12, 12] });
  for (const [name, z] of [['sea', '199'], ['land', '201'], ['lines', '203']] as const) map.createPane(name).style.zIndex = z;
  const ground = L.canvas({ pane: 'land', padding: 0.3 });
  const lines = L.canvas({ pane: 'lines', padding: 0.3 });
  const layers: { layer: L.Path; fill: 'land' | 'sea' | 'line' }[] = [];
  let now = palette;
  let gone = false;

  const style = (kind: 'land' | 'sea' | 'line'): L.PathOptions =>
    kind === 'line'
      ? { stroke: true, color: now.faint, weight: 1, fill: false }
      : { stroke: false, fill: true, fillOpacity: 1, fillColor: kind === 'land' ? now.land : now.sea };
  const put = (layer: L.Path, fill: 'land' | 'sea' | 'line') => {
    layer.addTo(map);
    layers.push({ layer, fill });
  };
  // The land comes when the browser has nothing better to do: what moves on it is there first.
  void land(landUrl).then(idle).then((world) => {
    if (gone) return;
    const options = { renderer: ground, interactive: false, smoothFactor: 0.8 };
    const [w, s, e, n] = world.near;
    put(L.polygon(world.coarse, { ...options, ...style('land') }), 'land');
    put(L.rectangle([[s, w], [n, e]], { ...options, ...style('sea') }), 'sea');
    put(L.polygon(world.fine, { ...options, ...style('land') }), 'land');
  }).catch(() => undefined);
  if (facts?.tiles) L.tileLayer(facts.tiles, { pane: 'land' }).addTo(map);
  if (facts?.has_boundaries) {
    void ask<GeoJSON.GeoJsonObject>('/map/boundaries', { background: true }).then((shapes) => {
      if (gone) return;
      L.geoJSON(shapes, {
        interactive: false,
        // Points of the operator's file are names of places or the like: they are left out.
        filter: (feature) => feature.geometry !== null && !/Point/.test(feature.geometry.type),
        style: () => ({ ...style('line'), renderer: lines }),
      }).eachLayer((layer) => put(layer as L.Path, 'line'));
    }).catch(() => undefined);
  }
  return {
    map,
    colour: (next) => {
      now = next;
      for (const { layer, fill } of layers) layer.setStyle(style(fill));
    },
    remove: () => {
      gone = true;
      map.remove();
    },
  };
}

/** The land is drawn after this time at the latest. Milliseconds. */
const IDLE_MAX_MS = 800;
const idle = <T>(value: T): Promise<T> => new Promise((resolve) => whenIdle(() => resolve(value), IDLE_MAX_MS));

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * A box around places with a margin, or null without any place. A network of one station still needs a map of some size:
 * a twentieth of a degree is 5 km.
 */
export function boxOf(places: readonly { latitude_deg: number | null; longitude_deg: number | null }[], least_deg = 0.05): Box | null {
  let box: Box | null = null;
  for (const { latitude_deg: lat, longitude_deg: lon } of places) {
    if (lat === null || lon === null) continue;
    box = box ? [Math.min(box[0], lat), Math.min(box[1], lon), Math.max(box[2], lat), Math.max(box[3], lon)] : [lat, lon, lat, lon];
  }
  if (!box) return null;
  const margin = Math.max(least_deg, (box[2] - box[0]) * 0.05, (box[3] - box[1]) * 0.05);
  return [box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin];
}
