# Owner label: who changes an object of the cluster belongs to the group that its label `owner` names.
#
# The input is a SubjectAccessReview, as the API server sends it to an authorization webhook. What cannot be looked up
# is denied.
package examples.owner_label

import data.kubernetes.api.client

default allow := false

allow if {
	user != ""
	count(deny) == 0
}

deny contains message if {
	changes
	not resource_known
	message := "The resource is not one whose owner can be looked up"
}

deny contains message if {
	changes
	resource_known
	not found.ok
	message := sprintf("The owner of %s is not known: %s", [name, reason])
}

deny contains message if {
	changes
	found.ok
	owner == ""
	message := sprintf("%s has no label owner", [name])
}

deny contains message if {
	changes
	owner != ""
	not owner in groups
	message := sprintf("User %v not in group %v, has %v", [user, owner, groups])
}

attributes := input.spec.resourceAttributes

# Members that are missing have a value here, so that no message, and with it no denial, is lost to them.
name := object.get(input, ["spec", "resourceAttributes", "name"], "an object without a name")

user := object.get(input, ["spec", "user"], "")

groups := {group | some group in input.spec.groups}

# Everything but looking and making. A subresource may be a way in, as `exec` of a Pod is.
changes if not harmless

harmless if {
	attributes.verb in {"get", "list", "watch", "create"}
	object.get(attributes, "subresource", "") == ""
}

# A resource of another group may have the same name, and then another owner.
resource_known if {
	client.resources[attributes.resource].group == object.get(attributes, "group", "")
	client.resources[attributes.resource].namespaced
}

found := client.query_name_ns(attributes.resource, attributes.name, attributes.namespace)

default reason := "there is no name, or no namespace, to ask for"

reason := found.failure.reason

default owner := ""

owner := found.body.metadata.labels.owner
