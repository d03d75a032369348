import type { Column } from '@downstage/plugin-ml-serving-common';
import type { LogPart } from '../log/payload';
import type { TensorInfo } from '../tensors/tensors';

/** What a model's process is told first. */
export type LoadMessage = {
  type: 'load';
  version: number;
  path: string;
  sha256: string;
  features: Column[];
};

/** One request, with its body as the frame's bytes. */
export type AskMessage = {
  type: 'ask';
  id: number;
  route: 'infer' | 'predict';
  /** The name under which the model was asked. */
  model: string;
  requestId: string;
  headerLength?: string;
  /** How long it has waited so far. */
  waitedMs: number;
  /** Whether the tensors are wanted for the log. */
  log: boolean;
};

export type ToModel = LoadMessage | AskMessage;

/** What a model is, known once it is loaded. */
export type LoadedModel = {
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  /** Columns of the answers in the log; absent until an answer was seen. */
  predictions?: Column[];
  /** Whether named columns can be asked. */
  tabular: boolean;
  warnings: string[];
};

/** An answer; the frame's bytes are its body and, behind it, the payload of the log. */
export type AnswerMessage = {
  type: 'answer';
  id: number;
  status: number;
  headers: Record<string, string>;
  bodyBytes: number;
  /** The id that the client gave. */
  clientId?: string;
  /** Set when the model answered. */
  done?: {
    rows: number;
    decodeMs: number;
    inferMs: number;
    encodeMs: number;
    predictions: Column[];
    log?: LogPart[];
  };
};

export type FromModel =
  | ({ type: 'loaded' } & LoadedModel)
  | { type: 'failed'; message: string }
  | AnswerMessage;
