/** Dragging codes onto states, by pointer or keyboard (拖拽映射). The only place that knows dnd-kit. */
import {
  type CollisionDetection,
  closestCenter,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  type Modifier,
  PointerSensor,
  pointerWithin,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { type ReactNode, useState } from "react";
import { type Translate, useT } from "../../i18n";
import { type Arrow, type Box, cornerIn, hop } from "../../logic/hop";
import { keyOf, type RuleName } from "../../logic/rules";

const ARROWS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const BESIDE_CURSOR = { x: 10, y: 8 };
const START_DISTANCE = 5;

/** The dragged chip hangs beside the cursor, so that it never hides the slot under it. */
const besideCursor: Modifier = ({ activatorEvent, draggingNodeRect, transform }) => {
  if (!(activatorEvent instanceof PointerEvent) || !draggingNodeRect) return transform;
  return {
    ...transform,
    x: transform.x + activatorEvent.clientX - draggingNodeRect.left + BESIDE_CURSOR.x,
    y: transform.y + activatorEvent.clientY - draggingNodeRect.top + BESIDE_CURSOR.y,
  };
};

const collide: CollisionDetection = (args) => (args.pointerCoordinates ? pointerWithin(args) : closestCenter(args));

const hopBetweenSlots: KeyboardCoordinateGetter = (event, { context }) => {
  const { collisionRect, droppableRects, droppableContainers, over } = context;
  if (!ARROWS.has(event.code) || !collisionRect) return undefined;
  event.preventDefault();
  const slots: Box[] = droppableContainers.getEnabled().flatMap((each) => {
    const rect = droppableRects.get(each.id);
    return rect
      ? [{ id: String(each.id), left: rect.left, top: rect.top, width: rect.width, height: rect.height }]
      : [];
  });
  const from = slots.find((each) => each.id === over?.id && hasMoved(collisionRect, each)) ?? collisionRect;
  const next = hop(
    from,
    slots.filter((each) => each.id !== over?.id),
    event.code as Arrow,
  );
  return next ? cornerIn(next, collisionRect) : undefined;
};

/** Until the first arrow key the chip still lies in its list, though the nearest slot counts as "over". */
function hasMoved(chip: { left: number; top: number; width: number; height: number }, slot: Box): boolean {
  const [x, y] = [chip.left + chip.width / 2, chip.top + chip.height / 2];
  return x >= slot.left && x <= slot.left + slot.width && y >= slot.top && y <= slot.top + slot.height;
}

function announcements(t: Translate) {
  const name = (id: unknown) => String(id).replace(/^(slot|seen|rule):(code:|text:)?/, "");
  return {
    onDragStart: ({ active }: { active: { id: unknown } }) => t("board.picked", { code: name(active.id) }),
    onDragOver: ({ over }: { over: { id: unknown } | null }) => (over ? t("board.over", { state: name(over.id) }) : ""),
    onDragEnd: ({ over }: { over: { id: unknown } | null }) =>
      over ? t("board.dropped", { state: name(over.id) }) : "",
    onDragCancel: () => t("board.cancelled"),
  };
}

interface BoardProps {
  onDrop: (dragged: RuleName, slot: string) => void;
  children: ReactNode;
}

export function MappingBoard({ onDrop, children }: BoardProps) {
  const t = useT();
  const [dragging, setDragging] = useState<RuleName | null>(null);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: START_DISTANCE } }),
    useSensor(KeyboardSensor, {
      coordinateGetter: hopBetweenSlots,
      keyboardCodes: { start: ["Space"], cancel: ["Escape"], end: ["Space", "Enter"] },
    }),
  );
  const end = ({ active, over }: DragEndEvent) => {
    setDragging(null);
    if (over) onDrop(active.data.current as RuleName, String(over.id).replace(/^slot:/, ""));
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={collide}
      accessibility={{ announcements: announcements(t), screenReaderInstructions: { draggable: t("board.howto") } }}
      onDragStart={({ active }) => setDragging(active.data.current as RuleName)}
      onDragEnd={end}
      onDragCancel={() => setDragging(null)}
    >
      {children}
      <DragOverlay
        dropAnimation={null}
        modifiers={[besideCursor]}
        className="fh-overlay"
        style={{ width: "auto", height: "auto" }}
      >
        {dragging && <span className="fh-chip fh-chip-dragged">{dragging.value}</span>}
      </DragOverlay>
    </DndContext>
  );
}

interface ChipProps {
  name: RuleName;
  from: "seen" | "rule";
  disabled?: boolean;
  className?: string;
  title?: string;
  testId: string;
  onClick?: () => void;
  children: ReactNode;
}

export function DragChip({
  name,
  from,
  disabled = false,
  className = "",
  title,
  testId,
  onClick,
  children,
}: ChipProps) {
  const { setNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: `${from}:${keyOf(name)}`,
    data: { match: name.match, value: name.value, when: name.when } satisfies RuleName,
    disabled,
  });
  return (
    <button
      type="button"
      ref={setNodeRef}
      className={`fh-chip ${className} ${isDragging ? "fh-chip-away" : ""}`}
      title={title}
      data-testid={testId}
      onClick={onClick}
      {...attributes}
      {...listeners}
    >
      {children}
    </button>
  );
}

interface SlotProps {
  slot: string;
  className?: string;
  testId: string;
  children: ReactNode;
}

export function DropSlot({ slot, className = "", testId, children }: SlotProps) {
  const { setNodeRef, isOver } = useDroppable({ id: `slot:${slot}` });
  return (
    <div ref={setNodeRef} className={`${className} ${isOver ? "fh-over" : ""}`} data-testid={testId} data-over={isOver}>
      {children}
    </div>
  );
}
