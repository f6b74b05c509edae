resource "toy_thing" "a" {
  name = "a"
}
import {
  to = toy_thing.a
  id = "a"
}
