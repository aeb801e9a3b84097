import {
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
  LlamaText,
  resolveChatWrapper,
  type Token,
} from 'node-llama-cpp';
import { failed, ok, type Result } from '../../../../vocabulary/errors.ts';
import type { ChatMessage, GenerateInput } from '../../contract.ts';

/** A prompt as the model takes it. */
export interface Prompt {
  readonly tokens: readonly Token[];
  /** Texts that end an answer of this chat format. */
  readonly stops: readonly string[];
  /** The answer's first space belongs to the format, not to the answer. */
  readonly trimsFirstSpace: boolean;
}

type RenderChat = (messages: readonly ChatMessage[]) => Prompt;

/**
 * Dialogs as lines, `USER: …` and `AGENT: …`, as the demo model's own template has them: system text has no place in
 * it and is dropped, and a line end ends the answer.
 */
const DIALOG_LINE_MARKS = ["'USER: '", "'AGENT: '"];
const LINE_MARKS = { user: 'USER: ', assistant: 'AGENT: ' } as const;

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

export function renderDialogLines(messages: readonly ChatMessage[]): string {
  const lines = messages.flatMap(({ role, content }) =>
    role === 'system' ? [] : [`${LINE_MARKS[role]}${oneLine(content)}\n`],
  );
  return `${lines.join('')}AGENT:`;
}

const historyItem = ({ role, content }: ChatMessage): ChatHistoryItem => {
  if (role === 'assistant') return { type: 'model', response: [content] };
  return { type: role, text: content };
};

/** Any other model: the chat format that node-llama-cpp finds in its file. */
function renderWithWrapper(
  wrapper: ChatWrapper,
  model: LlamaModel,
  messages: readonly ChatMessage[],
): Prompt {
  // The format wants an answer to continue: an empty one.
  const chatHistory: ChatHistoryItem[] = [...messages.map(historyItem), { type: 'model', response: [] }];
  const { contextText, stopGenerationTriggers } = wrapper.generateContextState({ chatHistory });
  const stops = stopGenerationTriggers
    .map((trigger) => LlamaText(trigger).toString())
    .filter((text) => text !== '');
  return { tokens: contextText.tokenize(model.tokenizer), stops, trimsFirstSpace: false };
}

function createChatRenderer(model: LlamaModel): RenderChat {
  const template = model.fileInfo.metadata.tokenizer?.chat_template ?? '';
  if (DIALOG_LINE_MARKS.every((mark) => template.includes(mark))) {
    return (messages) => ({
      tokens: model.tokenize(renderDialogLines(messages)),
      stops: ['\n'],
      trimsFirstSpace: true,
    });
  }
  const wrapper = resolveChatWrapper(model, { warningLogs: false });
  return (messages) => renderWithWrapper(wrapper, model, messages);
}

/** Turns any input into this model's tokens. */
export class PromptRenderer {
  readonly #model: LlamaModel;
  readonly #renderChat: RenderChat;
  readonly #vocabularyTokens: number;

  constructor(model: LlamaModel) {
    this.#model = model;
    this.#renderChat = createChatRenderer(model);
    this.#vocabularyTokens = [...model.iterateAllTokens()].length;
  }

  /** Fails for token ids that the model does not have: llama.cpp would read beyond its tables. */
  render(input: GenerateInput): Result<Prompt> {
    switch (input.kind) {
      case 'chat':
        return ok(this.#withBegin(this.#renderChat(input.messages)));
      case 'text':
        return ok(
          this.#withBegin({ tokens: this.#model.tokenize(input.text), stops: [], trimsFirstSpace: false }),
        );
      case 'tokens': {
        const unknown = input.tokenIds.find(
          (id) => !(Number.isInteger(id) && id >= 0 && id < this.#vocabularyTokens),
        );
        if (unknown !== undefined) {
          const text = `token id ${unknown} is not in the vocabulary of ${this.#vocabularyTokens} tokens`;
          return failed('INVALID_CONFIG', text);
        }
        return ok({ tokens: input.tokenIds as readonly Token[], stops: [], trimsFirstSpace: false });
      }
    }
  }

  #withBegin(prompt: Prompt): Prompt {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (bos === null || !shouldPrependBosToken || prompt.tokens[0] === bos) return prompt;
    return { ...prompt, tokens: [bos, ...prompt.tokens] };
  }
}
