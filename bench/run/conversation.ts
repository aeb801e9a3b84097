import type { Workload } from '../../scenarios/workload.ts';
import type { Random } from '../../vocabulary/random.ts';
import type { Exchange, Message, TurnRequest } from '../drive/driver.ts';
import { composeSystemText, composeUserText, type TextMaker, wordTexts } from '../workload/prompt.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';
import type { LoadSession, Turn } from './load-session.ts';

/** One turn of the past, as the prompt repeats it. */
interface PastTurn {
  readonly messages: readonly Message[];
  readonly words: number;
}

const NO_MESSAGES: readonly Message[] = [];

const pastTurn = (texts: TextMaker, user: string, assistant: string): PastTurn => ({
  messages: [
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ],
  words: texts.count(user) + texts.count(assistant),
});

const leavesAfterFailure = (workload: Workload): boolean =>
  workload.kind !== 'requests' && workload.afterFailure === 'abandon';

/** Whether the customer ran out of patience: nobody is there for another turn. */
const hasLeft = (exchange: Exchange | undefined): boolean =>
  exchange?.outcome.state === 'timed-out' && exchange.outcome.phase === 'patience';

export interface ConversationOptions {
  readonly interaction: PlannedInteraction;
  /** What the target is told that it is called; the interaction's own id where absent. */
  readonly id?: string;
  readonly workload: Workload;
  readonly session: LoadSession;
  readonly random: Random;
  /** When the step began, on performance.now(). */
  readonly stepStartedAtMs: number;
  /** Replaces the drawn think time where given (closed loop without thinking). */
  readonly thinkTimeMs?: number;
  readonly onClosed?: (endedAtMs: number) => void;
  /** Makes texts to length; one word per token where absent. */
  readonly texts?: TextMaker;
}

/** Plays one interaction: each turn falls due when the answer before it has ended and the customer has thought. */
export class Conversation implements Turn {
  readonly #options: ConversationOptions;
  readonly #past: PastTurn[] = [];
  readonly #system: readonly Message[];
  readonly #texts: TextMaker;
  #turn: number;
  #scheduledAtMs = 0;
  #userText = '';

  constructor(options: ConversationOptions) {
    const { interaction, random } = options;
    this.#options = options;
    this.#turn = interaction.firstTurn;
    this.#texts = options.texts ?? wordTexts;
    const system = composeSystemText(this.#texts, interaction, random);
    this.#system = system === '' ? NO_MESSAGES : [{ role: 'system', content: system }];
  }

  /** Schedules the first turn that is still to come. */
  start(): void {
    const { interaction, session, stepStartedAtMs } = this.#options;
    const atMs = stepStartedAtMs + interaction.firstTurnAtMs;
    if (interaction.firstTurn === 0) session.recorder.recordInteraction('started', atMs);
    this.#schedule(atMs);
  }

  #schedule(atMs: number): void {
    this.#scheduledAtMs = atMs;
    this.#options.session.schedule(atMs, this);
  }

  /** Texts of turns from before the step are made when the first of the rest is sent. */
  #composePast(): void {
    const { interaction, random } = this.#options;
    for (const turn of interaction.turns.slice(this.#past.length, this.#turn)) {
      const user = composeUserText(this.#texts, turn, random);
      const agent = this.#texts.compose('agent', turn.outputTokens, random);
      this.#past.push(pastTurn(this.#texts, user, agent));
    }
  }

  /** The newest turns that fit the history limit, oldest first. */
  #history(): readonly Message[] {
    if (this.#past.length === 0) return NO_MESSAGES;
    const { workload } = this.#options;
    const limit = workload.kind === 'requests' ? 0 : workload.maxHistoryTokens;
    let words = 0;
    let from = this.#past.length;
    while (from > 0 && words + (this.#past[from - 1]?.words ?? 0) <= limit) {
      from--;
      words += this.#past[from]?.words ?? 0;
    }
    return this.#past.slice(from).flatMap((turn) => turn.messages);
  }

  /** The request of the turn that is due. */
  compose(): TurnRequest {
    const { interaction, id, workload, random } = this.#options;
    if (this.#turn === interaction.firstTurn) this.#composePast();
    const turn = interaction.turns[this.#turn];
    this.#userText = composeUserText(this.#texts, turn, random);
    return {
      interactionId: id ?? interaction.id,
      messages: [...this.#system, ...this.#history(), { role: 'user', content: this.#userText }],
      maxOutputTokens: turn?.outputTokens ?? 1,
      exactOutputTokens: workload.exactOutputTokens,
      keepText: this.#turn + 1 < interaction.turns.length,
      ...(interaction.tenant === undefined ? {} : { tenant: interaction.tenant }),
      ...(interaction.patienceMs === undefined ? {} : { patienceMs: interaction.patienceMs }),
    };
  }

  /** The turn that was due is over: the next one falls due after the customer has thought. */
  onEnd(exchange: Exchange | undefined, endedAtMs: number): void {
    const { interaction, workload, session } = this.#options;
    const isAnswered = exchange?.outcome.state === 'completed';
    const gaveUp = !isAnswered && (leavesAfterFailure(workload) || hasLeft(exchange));
    this.#turn++;
    const next = interaction.turns[this.#turn];
    if (next === undefined || gaveUp) {
      const isComplete = next === undefined && isAnswered;
      session.recorder.recordInteraction(isComplete ? 'completed' : 'abandoned', this.#scheduledAtMs);
      this.#options.onClosed?.(endedAtMs);
      return;
    }
    if (isAnswered) this.#past.push(pastTurn(this.#texts, this.#userText, exchange.text));
    this.#schedule(endedAtMs + (this.#options.thinkTimeMs ?? next.thinkTimeMs));
  }
}
