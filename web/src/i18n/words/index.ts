/** All words of the screens. */
import { actions } from "./actions";
import { app } from "./app";
import { clocks } from "./clocks";
import { flow } from "./flow";
import { shared } from "./shared";
import { states } from "./states";
import { work } from "./work";

export const WORDS = { ...actions, ...app, ...clocks, ...shared, ...states, ...flow, ...work };

export type Word = keyof typeof WORDS;
