// A layer of the map that one function paints: thousands of marks without an object for each.
import * as L from 'leaflet';

export type Project = (latitude_deg: number, longitude_deg: number) => [number, number];
/** Something that a pointer can find: where it is, what it is called, what it says (asked for only when it is found). */
export interface Hit { x: number; y: number; r: number; id: string; label: () => string }
export type Paint = (ctx: CanvasRenderingContext2D, project: Project, width: number, height: number) => Hit[];

/** A pointer finds what is so near, pixels. */
const REACH = 5;

export class CanvasLayer extends L.Layer {
  private canvas: HTMLCanvasElement | null = null;
  private map: L.Map | null = null;
  private hits: Hit[] = [];

  constructor(private paint: Paint) {
    super();
  }

  override onAdd(map: L.Map): this {
    this.map = map;
    this.canvas = L.DomUtil.create('canvas', 'map-canvas', map.getPane('overlayPane'));
    map.on('move zoom viewreset resize', this.redraw, this);
    this.redraw();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off('move zoom viewreset resize', this.redraw, this);
    this.canvas?.remove();
    this.canvas = null;
    this.map = null;
    return this;
  }

  use(paint: Paint): void {
    this.paint = paint;
    this.redraw();
  }

  redraw(): void {
    const { map, canvas } = this;
    if (!map || !canvas) return;
    const size = map.getSize();
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [w, h] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, size.x, size.y);
    this.hits = this.paint(ctx, projection(map), size.x, size.y);
  }

  /** The nearest thing at a point of the map; later ones lie above earlier ones. */
  find(x: number, y: number): Hit | null {
    let best: Hit | null = null;
    let least = Infinity;
    for (const hit of this.hits) {
      const distance = Math.hypot(hit.x - x, hit.y - y) - hit.r;
      if (distance <= REACH && distance <= least) {
        best = hit;
        least = distance;
      }
    }
    return best;
  }
}

/** The map's own projection (spherical Mercator, EPSG:3857) without an object for each point. */
function projection(map: L.Map): Project {
  const scale = 256 * 2 ** map.getZoom();
  const min = map.getPixelBounds().min ?? L.point(0, 0);
  return (latitude_deg, longitude_deg) => {
    const sine = Math.sin((Math.min(85.05, Math.max(-85.05, latitude_deg)) * Math.PI) / 180);
    return [
      ((longitude_deg + 180) / 360) * scale - min.x,
      (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * scale - min.y,
    ];
  };
}
