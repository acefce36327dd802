package main

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

// messageValue makes what a policy sees of a message: the fields that are set, under their JSON names.
func messageValue(message protoreflect.Message) any {
	if plain, ok := message.Interface().(*structpb.Struct); ok {
		return structValue(plain)
	}
	object := make(map[string]any)
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		object[field.JSONName()] = fieldValue(field, value)
		return true
	})
	return object
}

func fieldValue(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch {
	case field.IsMap():
		entries := make(map[string]any, value.Map().Len())
		value.Map().Range(func(key protoreflect.MapKey, entry protoreflect.Value) bool {
			entries[key.String()] = singleValue(field.MapValue(), entry)
			return true
		})
		return entries
	case field.IsList():
		items := make([]any, value.List().Len())
		for i := range items {
			items[i] = singleValue(field, value.List().Get(i))
		}
		return items
	default:
		return singleValue(field, value)
	}
}

func singleValue(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return messageValue(value.Message())
	case protoreflect.StringKind:
		return value.String()
	case protoreflect.BoolKind:
		return value.Bool()
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(value.Bytes())
	case protoreflect.EnumKind:
		return json.Number(strconv.Itoa(int(value.Enum())))
	default:
		return json.Number(value.String())
	}
}

func structValue(plain *structpb.Struct) map[string]any {
	object := make(map[string]any, len(plain.GetFields()))
	for name, value := range plain.GetFields() {
		object[name] = value.AsInterface()
	}
	return object
}
