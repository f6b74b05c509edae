variable "e" {
  ephemeral = true
  default   = "there"
}
data "toy_thing" "d" {
  name = var.e
}
