/*
 * The table of all addresses: method, path, who may, whose form, which handler. What
 * is not in it is 404 or 405. A GET changes nothing, here or elsewhere: ask.c makes
 * only reading calls for it.
 */
#ifndef CHANCERY_PORTAL_ROUTES_H
#define CHANCERY_PORTAL_ROUTES_H

#include "enroll/portal/portal.h"

enum route_who {
	ROUTE_BARE,   /* no page: nobody is asked who it is */
	ROUTE_ANYONE, /* a page for everybody */
	ROUTE_USER,   /* who has logged in */
	ROUTE_HELPDESK,
	ROUTE_APPROVER,
};

struct route {
	const char *method; /* "GET" also answers HEAD */
	const char *path;   /* '*' at the end or between '/' stands for one part */
	enum route_who who;
	const char *form; /* name of the form, whose token a POST carries */
	bool upload;	  /* the form carries a file */
	void (*handle)(struct request *r);
};

extern const struct route route_table[];
extern const size_t route_n;

/* The row; NULL where there is none of this path, or with *other_out where there is
 * one with another method. *param_out is a view of path. */
const struct route *route_find(const char *method, const char *path,
    struct bytes *param_out, const struct route **other_out);

#endif
