provider "libvirt" {
  uri = "test:///default"
}

import {
  to = libvirt_network.default
  id = "defualt"
}

import {
  to = libvirt_interface.nowhere
  id = "web/52:54:00:00:00:01"
}

import {
  to = libvirt_interface.test
  id = "test/52:54:00:00:00:01"
}

import {
  to = libvirt_interface.half
  id = "test"
}

resource "libvirt_network" "default" {
  name = "default"
}

resource "libvirt_interface" "nowhere" {
  domain  = "web"
  network = libvirt_network.default.name
}

resource "libvirt_interface" "test" {
  domain  = "test"
  network = libvirt_network.default.name
}

resource "libvirt_interface" "half" {
  domain  = "test"
  network = libvirt_network.default.name
}
