resource "toy_thing" "a" {
  name = "a"
  rule {
    action = "drop"
  }
  port {
    number = 80
  }
  lifecycle {
    ignore_changes = [nam, rule[0].action, port.number, port[0].number, labels["x"]]
  }
}
data "toy_thing" "d" {
  name = "d"
  lifecycle {
    prevent_destroy = true
  }
}
