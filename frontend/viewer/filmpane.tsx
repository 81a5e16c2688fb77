/** A video in a viewport: played by the browser, moved by keys, with whose it is above it. */
import { type RefObject, useEffect, useRef, useState } from "react";

import { Button, Icon, Spinner } from "../design/index.ts";
import { format, t } from "../locale/index.ts";
import { Control } from "./controls.tsx";
import { Downloads, Whose } from "./documents.tsx";
import { amid, clock, enter, frameAt, nextSpeed, paceOf, type Player, type VideoFacts } from "./film.ts";
import { Problem } from "./problem.tsx";
import { instanceUrl, posterUrl, type Problem as Found, problemOf, streamUrl, videoFacts } from "./server.ts";
import type { Item } from "./types.ts";

interface FilmProps {
  readonly study: string;
  readonly item: Item;
}

/** A video, or why it is not played here and how to get it. */
export function FilmPane({ study, item }: FilmProps) {
  const [facts, setFacts] = useState<VideoFacts | null>(null);
  const [problem, setProblem] = useState<Found | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    setProblem(null);
    videoFacts(study, item, abort.signal).then(setFacts, (error: unknown) => {
      if (!abort.signal.aborted) setProblem(problemOf(error));
    });
    return () => abort.abort();
  }, [study, item, attempt]);
  const again = () => {
    setFailed(false);
    setAttempt(attempt + 1);
  };
  if (problem) return <Problem problem={problem} onRetry={again} />;
  if (!facts) return <div className="viewer-card"><Spinner label={t("Loading")} /></div>;
  if (facts.why_not) return <Unplayed study={study} item={item} facts={facts} words={reason(facts)} />;
  if (failed) {
    return (
      <Unplayed study={study} item={item} facts={facts} words={t("This browser cannot play this video ({codec}).", { codec: codecName(facts) })}>
        <Button size="small" onPress={again}>{t("Try again")}</Button>
      </Unplayed>
    );
  }
  return <Playing key={attempt} study={study} item={item} facts={facts} onFailed={() => setFailed(true)} />;
}

function codecName({ codec }: VideoFacts): string {
  return { mpeg2: "MPEG-2", h264: "H.264", hevc: "HEVC" }[codec];
}

function reason(facts: VideoFacts): string {
  if (facts.why_not === "codec") return t("Browsers do not play MPEG-2 video. Download it to see it in another program.");
  if (facts.why_not === "size") return t("This transport stream is too large to be shown here. Download it to see it in another program.");
  return t("This video lies in a container that browsers do not play. Download it to see it in another program.");
}

interface UnplayedProps extends FilmProps {
  readonly facts: VideoFacts;
  readonly words: string;
  readonly children?: React.ReactNode;
}

/** Said in the viewport, over a frame of the video where the server could decode one. */
function Unplayed({ study, item, facts, words, children }: UnplayedProps) {
  const [hasPoster, setPoster] = useState(true);
  return (
    <>
      <Whose item={item} />
      <div className="viewer-card">
        {hasPoster ? (
          <img className="viewer-poster" src={posterUrl(study, item)} alt={t("A frame of the video")} onError={() => setPoster(false)} />
        ) : (
          <Icon name="film" />
        )}
        <h3>{item.what}</h3>
        <p role="alert">{words}</p>
        {children}
        <Downloads study={study} item={item}>
          <a className="button" data-variant="primary" href={streamUrl(study, item, facts)} download={`${item.instance}${facts.suffix}`}>
            {t("Download the video")}
          </a>
        </Downloads>
      </div>
    </>
  );
}

interface PlayingProps extends FilmProps {
  readonly facts: VideoFacts;
  readonly onFailed: () => void;
}

function Playing({ study, item, facts, onFailed }: PlayingProps) {
  const film = useRef<HTMLVideoElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(NaN);
  const [plays, setPlays] = useState(false);
  const [speed, setSpeed] = useState(1);
  const pace = paceOf(facts, length);
  const frame = frameAt(at, pace, facts.frames);
  const go = (to: number): void => {
    film.current!.pause();
    film.current!.currentTime = amid(to, pace, facts.frames);
  };
  const toggle = (): void => {
    if (film.current!.paused) film.current!.play().catch(() => undefined); // what ails it is told by its error
    else film.current!.pause();
  };
  const change = (next: number): void => {
    film.current!.playbackRate = next;
    setSpeed(next);
  };
  useKeys(place, { toggle, step: (by) => go(frame + by), pace: (by) => change(nextSpeed(speed, by)) }, go, facts.frames);
  useFrames(film, setAt);
  return (
    <div ref={place} className="viewer-film" data-frame={frame}>
      <video
        ref={film}
        src={instanceUrl(study, item, "video/mp4")}
        poster={posterUrl(study, item)}
        preload="auto"
        playsInline
        disablePictureInPicture
        aria-label={item.what}
        onClick={toggle}
        onPlay={() => setPlays(true)}
        onPause={() => setPlays(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onSeeked={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={(event) => setLength(event.currentTarget.duration)}
        onError={onFailed}
      />
      <Whose item={item} />
      <div className="viewer-cine">
        <Control icon="step_back" label={t("Previous frame")} deed="viewer.previous_image" onPress={() => go(frame - 1)} />
        <Control icon={plays ? "pause" : "play"} label={plays ? t("Stop") : t("Play")} deed="viewer.play" onPress={toggle} />
        <Control icon="step_on" label={t("Next frame")} deed="viewer.next_image" onPress={() => go(frame + 1)} />
        <input
          type="range"
          aria-label={t("Frame of the video")}
          aria-valuetext={`${frame}/${facts.frames}, ${clock(at)}`}
          min={1}
          max={facts.frames}
          value={frame}
          onChange={(event) => go(Number(event.target.value))}
        />
        <span className="numbers">{`${frame}/${facts.frames} · ${clock(at)}`}</span>
        <button type="button" className="button" data-size="small" onClick={() => change(speed >= 2 ? nextSpeed(speed, -10) : nextSpeed(speed, 1))}>
          {t("{speed}× speed", { speed: format.number(speed) })}
        </button>
      </div>
    </div>
  );
}

/** Know of every frame that is painted; where a browser cannot tell, the times that it tells are enough. */
function useFrames(film: RefObject<HTMLVideoElement | null>, onTime: (seconds: number) => void): void {
  useEffect(() => {
    const video = film.current!;
    if (!("requestVideoFrameCallback" in video)) return undefined;
    const seen = (_now: number, { mediaTime }: { mediaTime: number }): void => {
      onTime(mediaTime);
      asked = video.requestVideoFrameCallback(seen);
    };
    let asked = video.requestVideoFrameCallback(seen);
    return () => video.cancelVideoFrameCallback(asked);
  }, [film, onTime]);
}

/** Space and arrows while the viewport has the focus; the keys of the viewer whenever it is the active one. */
function useKeys(place: RefObject<HTMLElement | null>, player: Player, go: (frame: number) => void, frames: number): void {
  const now = useRef({ player, go });
  now.current = { player, go };
  useEffect(() => {
    const cell = place.current!.closest<HTMLElement>("[data-cell]");
    const leave = enter(Number(cell?.dataset["cell"] ?? -1), {
      toggle: () => now.current.player.toggle(),
      step: (by) => now.current.player.step(by),
      pace: (by) => now.current.player.pace(by),
    });
    const keys: Readonly<Record<string, () => void>> = {
      " ": () => now.current.player.toggle(),
      ArrowLeft: () => now.current.player.step(-1),
      ArrowRight: () => now.current.player.step(1),
      Home: () => now.current.go(1),
      End: () => now.current.go(frames),
    };
    const pressed = (event: KeyboardEvent): void => {
      const isOwn = event.target instanceof Element && event.target.closest("button, input, a") !== null;
      const deed = keys[event.key];
      if (!deed || isOwn || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      deed();
    };
    cell?.addEventListener("keydown", pressed);
    return () => {
      leave();
      cell?.removeEventListener("keydown", pressed);
    };
  }, [place, frames]);
}
