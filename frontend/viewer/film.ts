/** Frames and times of a video, and who plays in which viewport. Pure. */

import { SPEEDS } from "./playing.ts";

/** A video as the API tells of it. */
export interface VideoFacts {
  container: "mp4" | "mpeg-ts" | "mpeg-ps" | "elementary" | "unknown";
  codec: "mpeg2" | "h264" | "hevc";
  media_type: string;
  /** How the name of a file ends that holds it as it came. */
  suffix: string;
  size_bytes: number;
  frames: number;
  /** Milliseconds; 0 when the header says no pace. */
  frame_time_ms: number;
  /** Why a browser is not given it as MP4, "" when it is. */
  why_not: "" | "codec" | "container" | "size";
}

/** A pace that is off by more than this share of the length was not meant for this stream. */
const TRUSTED = 0.1;
const FALLBACK_MS = 40;
/** Times of frames are rounded; a hundredth of a frame is none. */
const ROUNDING = 0.01;

/** Give the milliseconds of a frame: what the header says where it fits the length in seconds, else what the length says. */
export function paceOf({ frames, frame_time_ms }: Pick<VideoFacts, "frames" | "frame_time_ms">, seconds: number): number {
  const length = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
  if (frame_time_ms > 0 && (!length || Math.abs(frames * frame_time_ms - length) <= TRUSTED * length)) return frame_time_ms;
  if (length && frames > 1) return length / frames;
  return frame_time_ms > 0 ? frame_time_ms : FALLBACK_MS;
}

/** Give the frame, from 1, that stands at a time in seconds. */
export function frameAt(seconds: number, pace: number, frames: number): number {
  return bounded(Math.floor((seconds * 1000) / pace + ROUNDING) + 1, frames);
}

/** Give the time in seconds amid a frame, where no rounding leads to its neighbour. */
export function amid(frame: number, pace: number, frames: number): number {
  return ((bounded(frame, frames) - 0.5) * pace) / 1000;
}

function bounded(frame: number, frames: number): number {
  return Math.min(Math.max(1, frame), Math.max(1, frames));
}

/** Give a time as minutes and seconds, "1:05". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Give the next speed, or the previous one. */
export function nextSpeed(speed: number, by: number): number {
  return SPEEDS[Math.min(Math.max(0, SPEEDS.indexOf(speed) + by), SPEEDS.length - 1)]!;
}

/** What can be done with a video in a viewport. */
export interface Player {
  toggle(): void;
  step(by: number): void;
  pace(by: number): void;
}

const players = new Map<number, Player>();

/** Let the keys reach the video in a cell until the function given back is called. */
export function enter(cell: number, player: Player): () => void {
  players.set(cell, player);
  return () => {
    if (players.get(cell) === player) players.delete(cell);
  };
}

const DEEDS: Readonly<Record<string, (player: Player) => void>> = {
  play: (player) => player.toggle(),
  next_image: (player) => player.step(1),
  previous_image: (player) => player.step(-1),
  faster: (player) => player.pace(1),
  slower: (player) => player.pace(-1),
};

/** Do the deed of an id with the video in a cell; false when there is none, or the deed is none for videos. */
export function runOnFilm(cell: number, id: string): boolean {
  const player = players.get(cell);
  const deed = DEEDS[id];
  if (!player || !deed) return false;
  deed(player);
  return true;
}
