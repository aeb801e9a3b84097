/**
 * Generates runtime/inference/generated/ from the .proto files beside this script with ts-proto.
 *
 * Needs protoc: Debian's package protobuf-compiler, or the Python package grpcio-tools
 * (python3 -m venv /tmp/protoc && /tmp/protoc/bin/pip install grpcio-tools). Then:
 *
 *     node runtime/inference/proto/generate.ts
 *     PROTOC="/tmp/protoc/bin/python -m grpc_tools.protoc" node runtime/inference/proto/generate.ts
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const PROTO_FOLDER = import.meta.dirname;
const ROOT = join(PROTO_FOLDER, '../../..');

/** Type stripping allows no runtime enums, hence literals; JSON and partial methods are not used. */
const OPTIONS = [
  'outputServices=grpc-js',
  'esModuleInterop=true',
  'importSuffix=.ts',
  'oneof=unions-value',
  'enumsAsLiterals=true',
  'stringEnums=true',
  'unrecognizedEnum=false',
  'removeEnumPrefix=true',
  'outputJsonMethods=false',
  'outputPartialMethods=false',
  'useOptionals=none',
  'useReadonlyTypes=true',
  'forceLong=number',
];

const [command = 'protoc', ...first] = (process.env.PROTOC ?? 'protoc').split(' ');
execFileSync(
  command,
  [
    ...first,
    `--plugin=protoc-gen-ts_proto=${join(ROOT, 'node_modules/.bin/protoc-gen-ts_proto')}`,
    `--ts_proto_out=${join(PROTO_FOLDER, '../generated')}`,
    `--ts_proto_opt=${OPTIONS.join(',')}`,
    `--proto_path=${PROTO_FOLDER}`,
    'inference.proto',
    'open-inference.proto',
  ],
  { stdio: 'inherit' },
);
