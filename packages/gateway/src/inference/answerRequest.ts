import { predictionColumns, predictionsText } from '../tensors/columns';
import { readRows, rowsToTensors } from '../tensors/tabular';
import { toPayload, type LogPart } from '../log/payload';
import { decodeRequest, splitBody } from '../oip/decode';
import { encodeAnswer, type Answer } from '../oip/encode';
import { BadInput } from '../kernel/BadInput';
import { said, type LoadedSession } from './LoadedSession';
import type { AnswerMessage, AskMessage } from './modelMessages';
import type { Tensor } from '../tensors/tensors';

/** Answers larger than this are refused: they would fill the gateway's memory, not this process's. */
const largestAnswer = 256 * 1024 * 1024;
const replacement = '\uFFFD';

type Prepared = {
  inputs: Map<string, Tensor>;
  outputs?: string[];
  rows: number;
  id?: string;
  timeoutMs?: number;
  encode(outputs: Map<string, Tensor>): Answer;
};

export type Reply = { message: AnswerMessage; bytes: Buffer[] };

/** From the body of a request to the body of its answer. Never throws: what goes wrong is an answer too. */
export async function answerRequest(
  session: LoadedSession,
  ask: AskMessage,
  body: Buffer,
  version: number,
): Promise<Reply> {
  const started = performance.now();
  let running = false;
  let id: string | undefined;
  try {
    const prepared =
      ask.route === 'infer'
        ? prepareInfer(session, ask, body, version)
        : preparePredict(session, ask, body, version);
    id = prepared.id;
    const decoded = performance.now();
    if (
      prepared.timeoutMs !== undefined &&
      ask.waitedMs + decoded - started > prepared.timeoutMs
    ) {
      return refusal(
        ask,
        504,
        `The request waited longer than the ${prepared.timeoutMs} ms it allows`,
        id,
      );
    }
    running = true;
    const outputs = await session.run(prepared.inputs, prepared.outputs);
    running = false;
    const inferred = performance.now();
    checkTexts(prepared.inputs, outputs);
    const { parts, headers } = prepared.encode(outputs);
    const bodyBytes = sizeOf(parts);
    if (bodyBytes > largestAnswer) {
      throw new BadInput(
        `The answer has ${bodyBytes} bytes, at most ${largestAnswer} are sent; ask for fewer rows or outputs`,
      );
    }
    let log: { parts: LogPart[]; buffers: Buffer[] } | undefined;
    if (ask.log && prepared.rows) {
      log = toPayload({
        features: session.features,
        layout: session.layout,
        inputs: prepared.inputs,
        outputs,
        rows: prepared.rows,
      });
    }
    return {
      message: {
        type: 'answer',
        id: ask.id,
        status: 200,
        headers,
        bodyBytes,
        clientId: id,
        done: {
          rows: prepared.rows,
          decodeMs: decoded - started,
          inferMs: inferred - decoded,
          encodeMs: performance.now() - inferred,
          predictions: prepared.outputs ? [] : predictionColumns(outputs),
          log: log?.parts,
        },
      },
      bytes: [...parts, ...(log?.buffers ?? [])],
    };
  } catch (error) {
    if (error instanceof BadInput) return refusal(ask, 400, error.message, id);
    const reason = said(error);
    if (!running) {
      return refusal(
        ask,
        500,
        `The request could not be answered: ${reason}`,
        id,
      );
    }
    // A model that has answered before was stopped by what it was given. Want of memory is nobody's input.
    const inputs = session.proven && !/alloc|out of memory/i.test(reason);
    return inputs
      ? refusal(ask, 400, `The model refused the input: ${reason}`, id)
      : refusal(ask, 500, `The model could not answer: ${reason}`, id);
  }
}

function prepareInfer(
  session: LoadedSession,
  ask: AskMessage,
  body: Buffer,
  version: number,
): Prepared {
  const { json, blobs } = splitBody(body, ask.headerLength);
  const { inputs, outputs } = session;
  const request = decodeRequest({ json, blobs, inputs, outputs });
  return {
    ...request,
    encode: answers =>
      encodeAnswer({
        model: ask.model,
        version,
        id: request.id,
        outputs: answers,
        isBinary: request.isBinary,
      }),
  };
}

function preparePredict(
  session: LoadedSession,
  ask: AskMessage,
  body: Buffer,
  version: number,
): Prepared {
  const rows = readRows(body);
  const { layout, features } = session;
  if (!layout) {
    throw new BadInput(
      `Model '${ask.model}' does not take named columns; send tensors to /infer`,
    );
  }
  return {
    inputs: rowsToTensors({ features, layout, rows }),
    rows: rows.length,
    encode: outputs => {
      const { predictions, omitted } = predictionsText(outputs, rows.length);
      const rest = omitted.length
        ? `,"omitted":${JSON.stringify(omitted)}`
        : '';
      return {
        parts: [
          Buffer.from(
            `{"modelVersion":${version},"predictions":${predictions},"requestId":${JSON.stringify(
              ask.requestId,
            )}${rest}}`,
          ),
        ],
        headers: { 'content-type': 'application/json' },
      };
    },
  };
}

/** The runtime repairs bytes that are no UTF-8 without a word. Where it must have, the answer is an error. */
function checkTexts(
  inputs: ReadonlyMap<string, Tensor>,
  outputs: ReadonlyMap<string, Tensor>,
) {
  const has = ({ data }: Tensor) =>
    Array.isArray(data) && data.some(value => value.includes(replacement));
  for (const [name, tensor] of outputs) {
    if (has(tensor) && ![...inputs.values()].some(has)) {
      throw new Error(`the output '${name}' holds bytes that are not UTF-8`);
    }
  }
}

function refusal(
  ask: AskMessage,
  status: number,
  error: string,
  clientId: string | undefined,
): Reply {
  const body = Buffer.from(JSON.stringify({ error: error.slice(0, 4000) }));
  return {
    message: {
      type: 'answer',
      id: ask.id,
      status,
      headers: { 'content-type': 'application/json' },
      bodyBytes: body.length,
      clientId,
    },
    bytes: [body],
  };
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
