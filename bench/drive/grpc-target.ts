import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { createGrpcClient } from './grpc.ts';
import { type GrpcMethod, loadMethod } from './grpc-messages.ts';

/** What an inference server says of itself. */
export interface GrpcTargetDescription {
  readonly engineKind: string;
  readonly engineVersion: string;
  readonly device: string;
  readonly simulated: boolean;
  readonly model: string;
}

interface ServerInfo {
  readonly engine_kind: string;
  readonly engine_version: string;
  readonly device: string;
  readonly simulated: boolean;
}

const LIMIT_MS = 2_000;

function ask<Answer>(client: Client, method: GrpcMethod<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.serialize,
      method.deserialize,
      {},
      new Metadata(),
      { deadline: Date.now() + LIMIT_MS },
      (error: ServiceError | null, answer?: Answer) => {
        if (error !== null || answer === undefined) reject(error ?? new Error('no answer'));
        else resolve(answer);
      },
    );
  });
}

/** Asks an inference server what it is (`GetServerInfo`, `GetModelInfo`); TARGET_UNREACHABLE when it does not answer. */
export async function describeGrpcTarget(url: string): Promise<Result<GrpcTargetDescription>> {
  const client = createGrpcClient({ url });
  try {
    const [info, model] = await Promise.all([
      ask(client, loadMethod<ServerInfo>('Control', 'GetServerInfo')),
      ask(client, loadMethod<{ readonly model: string }>('Control', 'GetModelInfo')),
    ]);
    return ok({
      engineKind: info.engine_kind,
      engineVersion: info.engine_version,
      device: info.device,
      simulated: info.simulated,
      model: model.model,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed('TARGET_UNREACHABLE', `${url} does not answer over gRPC: ${why}`, { cause: error });
  } finally {
    client.close();
  }
}
