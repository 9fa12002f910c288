/** A tool that a model, or another agent over MCP, may use: a name, what it is for, what it takes, and the call that it stands for. */
import type { z } from 'zod';

/** A call of the admin API. */
export interface ToolRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

export interface ToolReply {
  readonly status: number;
  readonly data: unknown;
}

/** Makes calls of the admin API with the rights of whoever asks. */
export type ToolRunner = (request: ToolRequest) => Promise<ToolReply>;

export interface Tool {
  readonly name: string;
  readonly summary: string;
  readonly input: z.ZodObject;
  readonly request: (input: never) => ToolRequest;
}

/** Ties what `request` is handed to the schema beside it. */
export function tool<I extends z.ZodObject>(
  name: string,
  summary: string,
  input: I,
  request: (input: z.output<I>) => ToolRequest,
): Tool {
  return { name, summary, input, request };
}

/** The call of a tool for an input that was read by its schema. */
export function requestOf({ request }: Tool, input: unknown): ToolRequest {
  return request(input as never);
}
