import { request } from 'undici';
import { parseSse } from '../../runtime/llm/sse-parse.ts';

/** An answer as this client received it, whole. */
export interface ReceivedAnswer {
  readonly interactionId: string;
  readonly messageId: string;
  readonly turnIndex: number;
  readonly answerText: string;
}

interface TurnBody {
  readonly turnIndex: number;
  readonly messageId: string;
  readonly text: string;
}

const RETRY_MS = 40;
const GIVE_UP_MS = 60_000;
const HEADERS = { 'content-type': 'application/json' };

export interface PatientClientOptions {
  /** Asked in turn; a failure moves on to the next. */
  readonly urls: readonly string[];
  readonly customers: number;
  readonly turnsPerInteraction: number;
  readonly interactions: number;
}

/** What the run saw, beside the answers. */
export interface PatientRun {
  readonly answers: readonly ReceivedAnswer[];
  /** Sends that brought no whole answer: refused, cut, or a status from 500 on. */
  readonly failures: number;
  /** Answers that the server had stored before and repeated. */
  readonly replayed: number;
}

/** Data of the last event of a stream: `completed` holds the turn, anything else does not. */
async function lastEventData(url: string, body: string): Promise<string> {
  const response = await request(url, { method: 'POST', headers: HEADERS, body });
  if (response.statusCode !== 200)
    throw new Error(`status ${response.statusCode}: ${await response.body.text()}`);
  let last = '{}';
  for await (const data of parseSse(response.body)) last = data;
  return last;
}

/** Customers who send every message again, under the same id, until its answer has come in whole. */
export class PatientClient {
  readonly #options: PatientClientOptions;
  readonly #answers: ReceivedAnswer[] = [];
  readonly #errors = new Map<string, number>();
  #failures = 0;
  #replayed = 0;
  #startedInteractions = 0;
  #next = 0;

  constructor(options: PatientClientOptions) {
    this.#options = options;
  }

  get received(): number {
    return this.#answers.length;
  }

  async run(): Promise<PatientRun> {
    await Promise.all(Array.from({ length: this.#options.customers }, () => this.#customer()));
    return { answers: this.#answers, failures: this.#failures, replayed: this.#replayed };
  }

  async #customer(): Promise<void> {
    while (this.#startedInteractions < this.#options.interactions) {
      this.#startedInteractions++;
      const interactionId = await this.#until(() => this.#create());
      for (let turn = 0; turn < this.#options.turnsPerInteraction; turn++) {
        const body = await this.#until(() => this.#turn(interactionId, turn));
        this.#answers.push({
          interactionId,
          messageId: body.messageId,
          turnIndex: body.turnIndex,
          answerText: body.text,
        });
      }
    }
  }

  async #until<T>(attempt: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        this.#failures++;
        const words = error instanceof Error ? error.message : String(error);
        this.#errors.set(words, (this.#errors.get(words) ?? 0) + 1);
        if (performance.now() > untilMs) {
          const seen = [...this.#errors].map(([what, times]) => `${times} × ${what}`).join('\n');
          throw new Error(`no answer in ${GIVE_UP_MS} ms, ${this.#answers.length} before; errors:\n${seen}`, {
            cause: error,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #url(): string {
    const { urls } = this.#options;
    return urls[this.#next++ % urls.length] ?? '';
  }

  async #create(): Promise<string> {
    const response = await request(`${this.#url()}/v1/interactions`, {
      method: 'POST',
      headers: HEADERS,
      body: '{}',
    });
    const body = (await response.body.json()) as { interactionId: string };
    if (response.statusCode !== 201) throw new Error(`status ${response.statusCode}`);
    return body.interactionId;
  }

  /** Every other turn is streamed; its answer counts only with the `completed` event. */
  async #turn(interactionId: string, turn: number): Promise<TurnBody> {
    const url = `${this.#url()}/v1/interactions/${interactionId}/turns`;
    const message = { messageId: `m-${turn}`, text: `Where is my parcel ${turn}?`, stream: turn % 2 === 1 };
    const body = message.stream
      ? await this.#streamed(url, JSON.stringify(message))
      : await this.#whole(url, JSON.stringify(message));
    if (body.replayed) this.#replayed++;
    return body;
  }

  async #whole(url: string, body: string): Promise<TurnBody & { replayed: boolean }> {
    const response = await request(url, { method: 'POST', headers: HEADERS, body });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${text}`);
    return JSON.parse(text) as TurnBody & { replayed: boolean };
  }

  async #streamed(url: string, body: string): Promise<TurnBody & { replayed: boolean }> {
    const last = await lastEventData(url, body);
    const parsed = JSON.parse(last) as Partial<TurnBody & { replayed: boolean }>;
    if (parsed.turnIndex === undefined) throw new Error(`the stream was not completed; it ended in ${last}`);
    return parsed as TurnBody & { replayed: boolean };
  }
}
