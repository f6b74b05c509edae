resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name = "b"
}
resource "toy_thing" "c" {
  name = "c"
  port {
    number = 1
  }
  port {
    number = 2
  }
}
resource "toy_thing" "d" {
  name = "${toy_thing.a.name == "a" ? "d" : "e"}"
}
output "o" {
  value = "1,2,"
}
