package examples.owner_label_test

import data.examples.owner_label

review(changes) := object.union(
	{"spec": {
		"user": "bob",
		"groups": ["dev"],
		"resourceAttributes": {
			"verb": "delete",
			"group": "apps",
			"version": "v1",
			"resource": "deployments",
			"namespace": "default",
			"name": "shop",
		},
	}},
	{"spec": changes},
)

with_attributes(changes) := review({"resourceAttributes": changes})

owned_by(owner) := {"status_code": 200, "body": {"metadata": {"name": "shop", "labels": {"owner": owner}}}}

nothing := {}

denials(document, answer) := messages if {
	messages := owner_label.deny with input as document with http.send as answer with opa.runtime as nothing
}

allows(document, answer) if {
	owner_label.allow with input as document with http.send as answer with opa.runtime as nothing
}

test_e_12_user_not_in_group_of_owner if {
	denials(review({}), owned_by("ops")) == {`User bob not in group ops, has {"dev"}`}
	not allows(review({}), owned_by("ops"))
}

test_e_11_update_patch_delete_need_the_group[verb] if {
	some verb in ["update", "patch", "delete"]
	not allows(with_attributes({"verb": verb}), owned_by("ops"))
	allows(with_attributes({"verb": verb}), owned_by("dev"))
}

test_e_11_looking_and_making_do_not[verb] if {
	some verb in ["get", "list", "watch", "create"]
	allows(with_attributes({"verb": verb}), owned_by("ops"))
}

test_e_11_other_ways_to_change_do[verb] if {
	some verb, more in {
		"deletecollection": {},
		"*": {},
		"": {},
		"create": {"subresource": "exec"},
		"get": {"subresource": "exec"},
	}
	not allows(with_attributes(object.union(more, {"verb": verb})), owned_by("ops"))
}

test_e_11_failed_lookup_denies[status] if {
	some status, reason in {0: "unreachable", 401: "unauthorized", 403: "forbidden", 404: "not_found", 504: "timeout"}
	answer := {"status_code": status, "body": {"message": "no"}, "error": {"message": "connection refused"}}
	denials(review({}), answer) == {sprintf("The owner of shop is not known: %s", [reason])}
	not allows(review({}), answer)
}

test_e_11_object_without_owner_denies[name] if {
	some name, labels in {"none": {}, "empty": {"owner": ""}}
	answer := {"status_code": 200, "body": {"metadata": {"labels": labels}}}
	denials(review({"groups": ["dev", ""]}), answer) == {"shop has no label owner"}
}

test_e_11_resource_of_another_group_of_the_same_name_denies if {
	document := with_attributes({"group": "apps.example.com"})
	denials(document, owned_by("dev")) == {"The resource is not one whose owner can be looked up"}
}

test_e_11_core_group_is_the_absent_one if {
	document := json.remove(with_attributes({"resource": "pods"}), ["spec/resourceAttributes/group"])
	allows(document, owned_by("dev"))
}

test_e_11_name_missing_denies[member] if {
	some member in ["name", "namespace"]
	document := json.remove(review({}), [sprintf("spec/resourceAttributes/%s", [member])])
	count(denials(document, owned_by("dev"))) == 1
	not allows(document, owned_by("dev"))
}

test_e_11_user_missing_denies if {
	not allows(json.remove(review({}), ["spec/user"]), owned_by("dev"))
}

test_e_11_groups_missing_denies if {
	not allows(json.remove(review({}), ["spec/groups"]), owned_by("dev"))
}

test_e_11_input_missing_denies if {
	not allows({}, owned_by("dev"))
}
