resource "toy_thing" "a" {
  name = "a"
  port { vlan { id = 5 } }
  tags { a = "1" b = "2" }
}
