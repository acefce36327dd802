import protobuf from 'protobufjs';

/** A message, enum or service as lines that can be compared: `field error_response` → what it is. */
export type Description = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Describes everything under `root` by its full name. */
export function describe(root: protobuf.Root): Description {
  root.resolveAll();
  const description = new Map<string, ReadonlyMap<string, string>>();
  collect(root, description);
  return description;
}

function collect(namespace: protobuf.NamespaceBase, into: Map<string, ReadonlyMap<string, string>>): void {
  for (const object of namespace.nestedArray) {
    const name = object.fullName.slice(1);
    if (object instanceof protobuf.Type && !isMapEntry(object)) into.set(name, describeMessage(object));
    else if (object instanceof protobuf.Enum) into.set(name, describeEnum(object));
    else if (object instanceof protobuf.Service) into.set(name, describeService(object));
    if (object instanceof protobuf.Namespace) collect(object, into);
  }
}

function describeMessage(message: protobuf.Type): ReadonlyMap<string, string> {
  return new Map(message.fieldsArray.map((field) => [`field ${field.name}`, describeField(field)]));
}

/** Such as `4 optional google.protobuf.Struct`, `3 map<string, string>`, `2 optional … in http_response`. */
function describeField(field: protobuf.Field): string {
  const type = field.resolvedType ? field.resolvedType.fullName.slice(1) : field.type;
  const oneof = field.partOf ? ` in ${field.partOf.name}` : '';
  if (field instanceof protobuf.MapField) return `${field.id} map<${field.keyType}, ${type}>`;
  if (field.resolvedType instanceof protobuf.Type && isMapEntry(field.resolvedType)) {
    const [key, value] = field.resolvedType.fieldsArray.map((member) => member.resolvedType?.fullName ?? member.type);
    return `${field.id} map<${key}, ${value?.replace(/^\./, '')}>`;
  }
  return `${field.id} ${field.repeated ? 'repeated' : 'optional'} ${type}${oneof}`;
}

/** In a compiled descriptor a map is a repeated message of this form, and protobufjs leaves it so. */
function isMapEntry(type: protobuf.Type): boolean {
  const [key, value, ...others] = type.fieldsArray;
  const isEntry = key?.name === 'key' && key.id === 1 && value?.name === 'value' && value.id === 2;
  return type.name.endsWith('Entry') && type.parent instanceof protobuf.Type && isEntry && others.length === 0;
}

function describeEnum(enumeration: protobuf.Enum): ReadonlyMap<string, string> {
  return new Map(Object.entries(enumeration.values).map(([name, value]) => [`value ${name}`, String(value)]));
}

function describeService(service: protobuf.Service): ReadonlyMap<string, string> {
  return new Map(service.methodsArray.map((method) => [`method ${method.name}`, describeMethod(method)]));
}

function describeMethod(method: protobuf.Method): string {
  const request = method.resolvedRequestType?.fullName.slice(1);
  const response = method.resolvedResponseType?.fullName.slice(1);
  return `${method.requestStream ? 'stream ' : ''}${request} → ${method.responseStream ? 'stream ' : ''}${response}`;
}
