/** Where an arrow key takes a dragged code: the nearest slot in that direction. Pure. */

export interface Box {
  id: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

const SIDEWAYS_WEIGHT = 3;
const SLACK = 4;

function centre(box: Omit<Box, "id">): { x: number; y: number } {
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

/** Distance along the arrow, sideways counted heavier; null when the slot lies another way. */
function cost(from: { x: number; y: number }, to: { x: number; y: number }, arrow: Arrow): number | null {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = { ArrowUp: -dy, ArrowDown: dy, ArrowLeft: -dx, ArrowRight: dx }[arrow];
  const sideways = arrow === "ArrowUp" || arrow === "ArrowDown" ? Math.abs(dx) : Math.abs(dy);
  return along > SLACK ? along + sideways * SIDEWAYS_WEIGHT : null;
}

export function hop(from: Omit<Box, "id">, slots: readonly Box[], arrow: Arrow): Box | null {
  const here = centre(from);
  let best: { box: Box; cost: number } | null = null;
  for (const box of slots) {
    const price = cost(here, centre(box), arrow);
    if (price !== null && (!best || price < best.cost)) best = { box, cost: price };
  }
  return best?.box ?? null;
}

/** Top-left corner that puts something of `size` in the middle of the slot. */
export function cornerIn(slot: Box, size: { width: number; height: number }): { x: number; y: number } {
  const { x, y } = centre(slot);
  return { x: x - size.width / 2, y: y - size.height / 2 };
}
