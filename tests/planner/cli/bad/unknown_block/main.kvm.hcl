resouce "toy_thing" "a" {
  name = "a"
}
